import { setTimeout as wait } from 'node:timers/promises';
import { type HttpSubject, publish, startHttpSubject } from '@tdc/server/http/http-subject.ts';
import { madeUpEstimate } from '@tdc/server/repositories/made-up-estimate.ts';
import type { PublishedEstimate } from '@tdc/server/repository.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../src/harness/browser.ts';
import { type Measurement, median } from './report.ts';

const [columns, rows] = [50, 40];
const linksMax = 5000;
const blockMetres = 400;
const panMs = 5000;
const minutes = 60;
const minuteMs = 60_000;
const dayMinutes = 1440;
const vehicles = 3000;
const never = new AbortController().signal;

/** The page before a city of 2,000 detectors and 5,000 links: opening it, moving the map, and a minute in which every link changes. */
export async function benchConsole(progress: (text: string) => void): Promise<Measurement[]> {
  progress('making a city');
  await using city = await startHttpSubject([]);
  const links = await putCity(city);
  const minuteAt = (minute: number) => madeUpEstimate(minute).timeMs;
  await publishMinute(city, links, minuteAt(0));
  const browser = await startBrowser();
  try {
    const opened = [];
    for (let time = 0; time < 3; time++) {
      progress(`opening the page, ${time + 1} of 3`);
      opened.push(await opening(browser, city.url));
    }
    progress(`a day of a link, with ${vehicles} vehicles`);
    await putDay(city, links[0]);
    const day = await dayOfLinkMs(browser, city.url, links[0]);
    const page = await openPage(browser, city.url);
    progress('moving the map');
    const { frames, scriptMs } = await panning(page);
    const heapBefore = await heapBytes(page);
    const blocked: number[] = [];
    for (let minute = 1; minute <= minutes; minute++) {
      if (minute % 10 === 0) progress(`minute ${minute} of ${minutes}`);
      blocked.push(await blockedMsByMinute(page, city, links, minuteAt(minute)));
    }
    const what = `console, ${columns * rows} detectors and ${links.length} links, drawn without a graphics card`;
    return [
      { what: `${what}: from the address to lists that answer`, value: median(opened), unit: 'ms' },
      {
        what: `${what}: from asking for the ${vehicles} vehicles of a day of a link to the plot`,
        value: day,
        unit: 'ms',
      },
      { what: `${what}: a frame while the map is moved, median`, value: median(frames), unit: 'ms' },
      { what: `${what}: a frame while the map is moved, 95 of 100`, value: nth(frames, 0.95), unit: 'ms' },
      { what: `${what}: of a frame its scripts, style and layout, on average`, value: scriptMs, unit: 'ms' },
      {
        what: `${what}: longest time without an answer in a minute in which all change`,
        value: median(blocked),
        unit: 'ms',
      },
      { what: `${what}: memory of its scripts at first`, value: heapBefore / 2 ** 20, unit: 'MiB' },
      {
        what: `${what}: the same after ${minutes} such minutes`,
        value: (await heapBytes(page)) / 2 ** 20,
        unit: 'MiB',
      },
    ];
  } finally {
    await browser.close();
  }
}

/** The memory of the page that is left open for an hour, in which every link changes each minute. */
export async function benchConsoleHour(progress: (text: string) => void): Promise<Measurement[]> {
  progress('making a city');
  await using city = await startHttpSubject([]);
  const links = await putCity(city);
  const lastMinuteMs = () => Math.floor(Date.now() / minuteMs) * minuteMs;
  await publishMinute(city, links, lastMinuteMs());
  const browser = await startBrowser();
  try {
    const page = await openPage(browser, city.url);
    const heaps = [await heapBytes(page)];
    for (let minute = 1; minute <= minutes; minute++) {
      await wait(lastMinuteMs() + minuteMs - Date.now());
      await publishMinute(city, links, lastMinuteMs());
      if (minute % 10 !== 0) continue;
      await wait(minuteMs / 4);
      heaps.push(await heapBytes(page));
      progress(`minute ${minute} of ${minutes}: ${heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB`);
    }
    const shown = await page.locator('tr[data-link]').count();
    if (shown !== 100) throw new Error(`the list has ${shown} links after an hour`);
    const [first = Number.NaN, last = Number.NaN] = [heaps[0], heaps.at(-1)];
    return [
      {
        what: `console, ${links.length} links that change each minute: memory of its scripts after an hour`,
        value: last / 2 ** 20,
        unit: 'MiB',
        against: { what: 'at first', value: first / 2 ** 20 },
        ratio: last / first,
      },
    ];
  } finally {
    await browser.close();
  }
}

const nth = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

interface Ends {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
}

async function putCity({ repository: { network } }: HttpSubject): Promise<readonly Ends[]> {
  const idOf = (column: number, row: number) => `C${column}-${row}`;
  const links: Ends[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const id = idOf(column, row);
      const position = { type: 'plane', xM: column * blockMetres, yM: row * blockMetres } as const;
      await network.putDetector({ id, name: `Street ${row} corner ${column}`, position }, never);
      const right = { fromDetectorId: id, toDetectorId: idOf(column + 1, row) };
      const up = { fromDetectorId: id, toDetectorId: idOf(column, row + 1) };
      const ways = [...(column + 1 < columns ? [right] : []), ...(row + 1 < rows ? [up] : [])];
      links.push(
        ...ways,
        ...ways.map((way) => ({ fromDetectorId: way.toDetectorId, toDetectorId: way.fromDetectorId })),
      );
    }
  }
  const some = links.slice(0, linksMax);
  for (const link of some) await network.putLink({ ...link, maxSeconds: 600 }, never);
  return some;
}

/** The last 24 hours of a link: a value each minute, and vehicles. */
async function putDay({ repository }: HttpSubject, ends: Ends | undefined): Promise<void> {
  if (ends === undefined) throw new Error('the city has no links');
  const lastMs = Math.floor(Date.now() / 60_000) * 60_000;
  const estimates = Array.from({ length: dayMinutes }, (_, index) => {
    return { ...madeUpEstimate(index % 200, ends), timeMs: lastMs - (dayMinutes - index) * 60_000 };
  });
  await publish(repository, estimates);
  const events = Array.from({ length: vehicles }, (_, index) => {
    const departedMs = lastMs - Math.round(((index + 1) * dayMinutes * 60_000) / (vehicles + 1));
    return [
      [ends.fromDetectorId, departedMs],
      [ends.toDetectorId, departedMs + 60_000 + (index % 97) * 1000],
    ] as const;
  }).flatMap((passages, index) =>
    passages.map(([detectorId, referenceTimeMs]) =>
      madeUpEvent({
        ...{ detectorId, referenceTimeMs, deviceId: (0xc0000000 + index).toString(16) },
        ...{ lastSeenMs: referenceTimeMs, madeAtMs: referenceTimeMs + 33_000 },
      }),
    ),
  );
  await repository.events.append(events, never);
}

async function dayOfLinkMs(browser: Browser, url: string, ends: Ends | undefined): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${url}/links/${ends?.fromDetectorId}/${ends?.toDetectorId}`);
  await page.locator('.u-over').waitFor();
  const matches = page.waitForResponse((response) => response.url().includes('/matches'));
  const startedMs = performance.now();
  await page.getByLabel('Single vehicles').check();
  const answer: { readonly matches: readonly unknown[] } = await (await matches).json();
  if (answer.matches.length < 0.9 * vehicles) throw new Error(`${answer.matches.length} vehicles of ${vehicles}`);
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  const ms = performance.now() - startedMs;
  await page.close();
  return ms;
}

/** Every link gets another value. */
async function publishMinute({ repository }: HttpSubject, links: readonly Ends[], timeMs: number): Promise<void> {
  const minute = timeMs / minuteMs;
  const byDestination = new Map<string, PublishedEstimate[]>();
  for (const [index, ends] of links.entries()) {
    const { estimate, ...made } = { ...madeUpEstimate(index % 200, ends), timeMs };
    const meanS = 60 + ((index * 7 + minute * 13) % 150);
    const travelTime = estimate.travelTime && { ...estimate.travelTime, meanS };
    const changed = { ...made, estimate: { ...estimate, ...(travelTime && { travelTime }) } };
    byDestination.set(ends.toDetectorId, [...(byDestination.get(ends.toDetectorId) ?? []), changed]);
  }
  for (const estimates of byDestination.values()) await publish(repository, estimates);
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await listsShownMs(page);
  // The map is drawn after the lists.
  await page.waitForTimeout(5000);
  return page;
}

async function opening(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  const ms = await listsShownMs(page);
  await context.close();
  return ms;
}

/** When the lists were there and the page could do something else, since the address was asked for. */
function listsShownMs(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((done) => {
    const look = () => document.querySelectorAll('tr[data-link]').length === 100
      ? setTimeout(() => done(performance.now()))
      : setTimeout(look, 10);
    look();
  })`);
}

/** Milliseconds of each frame, and what scripts, style and layout take of one on average: that is so with a graphics card too. */
async function panning(page: Page): Promise<{ readonly frames: readonly number[]; readonly scriptMs: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const workedMs = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const parts = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'];
    return metrics.filter(({ name }) => parts.includes(name)).reduce((sum, { value }) => sum + 1000 * value, 0);
  };
  const before = await workedMs();
  const frames = await frameMsWhilePanning(page);
  const scriptMs = ((await workedMs()) - before) / frames.length;
  await session.detach();
  return { frames, scriptMs };
}

async function frameMsWhilePanning(page: Page): Promise<readonly number[]> {
  const counting = page.evaluate<number[]>(`new Promise((done) => {
    const times = [];
    const end = performance.now() + ${panMs};
    const frame = (now) => { times.push(now); now < end ? requestAnimationFrame(frame) : done(times); };
    requestAnimationFrame(frame);
  })`);
  const box = await page.locator('.map-canvas').boundingBox();
  if (box === null) throw new Error('the page has no map');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (const began = Date.now(); Date.now() - began < panMs; ) {
    const angle = ((Date.now() - began) / panMs) * 4 * Math.PI;
    await page.mouse.move(x + 150 * Math.sin(angle), y + 100 * (1 - Math.cos(angle)) - 100);
  }
  await page.mouse.up();
  const times = await counting;
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

/** The longest task while a minute's values come, of those of 50 ms and more. */
async function blockedMsByMinute(
  page: Page,
  city: HttpSubject,
  links: readonly Ends[],
  timeMs: number,
): Promise<number> {
  await page.evaluate(`(() => {
    globalThis.longestMs = 0;
    globalThis.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longestMs = Math.max(globalThis.longestMs, duration);
    });
    globalThis.observer.observe({ type: 'longtask' });
  })()`);
  await publishMinute(city, links, timeMs);
  await page.waitForTimeout(3000);
  return page.evaluate<number>('(globalThis.observer.disconnect(), globalThis.longestMs)');
}

async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}
