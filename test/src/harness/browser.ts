import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Chromium without a window, which draws maps without a graphics card. */
export function startBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: chromiumProgram(),
    args: [...(isRoot ? ['--no-sandbox'] : []), '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
}

function chromiumProgram(): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error('chromium is missing: npm test installs it');
  return found;
}

/** What somebody who cannot see well, or not at all, stumbles over: faults that axe calls serious or critical. */
export async function accessFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
}

/** Counts, in a browser, the points of an image that are of a colour. Text, as the types of browsers are not those of the tests. */
const countPoints = `async ({ address, parts }) => {
  const bitmap = await createImageBitmap(await (await fetch(address)).blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  let count = 0;
  for (let point = 0; point < data.length; point += 4) {
    if (parts.every((part, index) => Math.abs(data[point + index] - part) <= 6)) count++;
  }
  return count;
}`;

/** How many points of a part of a page have a colour, as it is drawn. An empty page, without a policy of its own, reads the picture. */
export async function pointsOfColour(reader: Page, page: Page, selector: string, colour: string): Promise<number> {
  const image = await page.locator(selector).screenshot();
  const address = `data:image/png;base64,${image.toString('base64')}`;
  const parts = [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));
  return reader.evaluate<number>(`(${countPoints})(${JSON.stringify({ address, parts })})`);
}
