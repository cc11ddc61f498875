/** Makes the images of the guests that are not made yet, all at once. */
import { architectures } from '../../deploy/packages/package-kind.ts';
import { guestImage, radioRecipe } from './guest-image.ts';

await Promise.all(
  architectures.map(async (architecture) => {
    const startedMs = performance.now();
    await guestImage(radioRecipe, architecture);
    console.log(`image of ${architecture}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  }),
);
