/** Makes the images of these architectures that are not made yet: `node test/field/make-images.ts amd64 arm64`. */
import { isArchitecture } from '../../deploy/packages/package-kind.ts';
import { guestImage } from '../radio/guest-image.ts';
import { fieldRecipe } from './field-machine.ts';

for (const architecture of process.argv.slice(2)) {
  if (!isArchitecture(architecture)) throw new Error(`${architecture}: expected amd64 or arm64`);
  const startedMs = performance.now();
  await guestImage(fieldRecipe, architecture);
  console.log(`image of ${architecture}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}
