import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, recordEvents, startSubject } from './client-subject.ts';
import type { ClientConfig } from './config.ts';
import { ask } from './context.ts';
import { matches } from './matches.ts';
import { route } from './route.ts';
import { routes } from './routes.ts';
import { type TravelTimesOptions, travelTimes } from './travel-times.ts';

const minuteMs = 60_000;
let subject: ClientSubject;

/** Forty minutes of cars from A over B to C: 90 s, then 150 s; and one that stopped on the way. */
function traffic(): readonly DetectionEvent[] {
  const endMs = Math.floor(Date.now() / minuteMs) * minuteMs;
  const events: DetectionEvent[] = [];
  const passage = (detectorId: string, device: number, referenceTimeMs: number) =>
    events.push(
      madeUpEvent({
        ...{ detectorId, deviceId: (0xbeef0000 + device).toString(16), referenceTimeMs },
        ...{ lastSeenMs: referenceTimeMs, madeAtMs: referenceTimeMs + 31_000 },
      }),
    );
  for (let car = 0; car < 80; car++) {
    const startMs = endMs - 45 * minuteMs + car * 30_000;
    passage('A', car, startMs);
    passage('B', car, startMs + 90_000 + (car % 7) * 1000);
    passage('C', car, startMs + 240_000 + (car % 5) * 1000);
  }
  passage('A', 900, endMs - 20 * minuteMs);
  passage('B', 900, endMs - 10 * minuteMs);
  return events;
}

beforeAll(async () => {
  subject = await startSubject(['collector', 'query', 'estimator']);
  await putDetectors(subject, ['A', 'B', 'C']);
  using client = subject.client();
  for (const [fromDetectorId = '', toDetectorId = ''] of ['AB', 'BC']) {
    const link = {
      fromDetectorId,
      toDetectorId,
      maxSeconds: 900,
      lengthM: undefined,
      freeFlowSeconds: 60,
      estimator: '',
    };
    await ask(client.context, 'collector', client.context.collector.putLink, { link });
  }
  const named = { id: 'through', name: 'To the harbour', detectorIds: ['A', 'B', 'C'] };
  await ask(client.context, 'collector', client.context.collector.putRoute, { route: named });
  await recordEvents(subject, traffic());
  // What is estimated of the past comes within seconds.
  const deadlineMs = performance.now() + 30_000;
  while (performance.now() < deadlineMs && rowsOf(await run({ from: '-30m' }, 'csv')).length < 58) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}, 60_000);
afterAll(async () => {
  await subject[Symbol.asyncDispose]();
});

async function run(options: TravelTimesOptions, output: ClientConfig['output'] = 'table'): Promise<string> {
  using client = subject.client({ output });
  await travelTimes(client.context, options);
  return client.out();
}

const rowsOf = (csv: string): readonly Record<string, string>[] => {
  const [head = '', ...lines] = csv.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? '', cell])));
};

test('the newest travel time of each link comes with its interval, its delay and its last hours', async () => {
  const lines = (await run({})).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^link +minute +time +90 % sure +drivers +start now +delay +n +status +last 3 h$/);
  expect(lines[1]).toMatch(/^A:B +2\S+Z +1:3\d +1:\d\d-1:\d\d .*[▁▂▃▄▅▆▇█]/);
  expect(lines[2]).toMatch(/^B:C +2\S+Z +2:[23]\d /);
  const [ab] = rowsOf(await run({ link: [{ fromDetectorId: 'A', toDetectorId: 'B' }] }, 'csv'));
  expect(Number(ab?.mean_seconds)).toBeGreaterThan(88);
  expect(Number(ab?.mean_seconds)).toBeLessThan(98);
  expect(Number(ab?.delay_seconds)).toBeCloseTo(Number(ab?.mean_seconds) - 60, 1);
});

test('a time range comes whole in pages of any size, in both orders, and in revisions where it has them', async () => {
  const range = { from: '-30m', to: '-10m' };
  const oldest = rowsOf(await run(range, 'csv'));
  expect(oldest.length).toBe(40);
  expect(new Set(oldest.map((row) => `${row.from_detector_id} ${row.time}`)).size).toBe(40);
  const newest = rowsOf(await run({ ...range, order: 'newest' }, 'csv'));
  expect(newest.filter((row) => row.to_detector_id === 'B')).toEqual(
    oldest.filter((row) => row.to_detector_id === 'B').toReversed(),
  );
  expect(rowsOf(await run({ ...range, limit: 7 }, 'csv'))).toEqual(oldest.slice(0, 7));
  using client = subject.client();
  const { query } = client.context;
  const paged = [];
  let pageToken = '';
  do {
    const { estimates, nextPageToken } = await ask(client.context, 'query', query.listEstimates, {
      ...{ links: [], fromNs: 1n, toNs: 0n, order: 0, pageSize: 7, pageToken, allRevisions: true },
    });
    paged.push(...estimates.map((each) => `${each.fromDetectorId} ${each.timeNs} ${each.revision}`));
    pageToken = nextPageToken;
  } while (pageToken !== '');
  const all = rowsOf(await run({ limit: 0, from: '-2d', revisions: true }, 'csv'));
  expect(paged).toHaveLength(all.length);
  expect(new Set(paged).size).toBe(paged.length);
});

test('travel times are followed as they come', async () => {
  using client = subject.client({ output: 'ndjson' });
  const following = travelTimes(client.context, { follow: true });
  await expect.poll(() => client.out().trim().split('\n').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  client.stop.abort();
  await following;
  expect(
    client
      .out()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).to_detector_id),
  ).toEqual(expect.arrayContaining(['B', 'C']));
});

test('a route is the sum of its links, and says where there is no link', async () => {
  using client = subject.client({ output: 'csv' });
  await route(client.context, ['A', 'B', 'C'], {});
  const rows = rowsOf(client.out());
  expect(rows.map(({ part }) => part)).toEqual(['A:B', 'B:C', 'whole route']);
  const [ab, bc, whole] = rows.map(({ mean_seconds }) => Number(mean_seconds));
  expect(whole).toBeCloseTo((ab ?? 0) + (bc ?? 0), 1);
  await expect(route(client.context, ['A', 'C'], {})).rejects.toThrow(/there is no link from A to C/);
  await expect(route(client.context, ['A'], {})).rejects.toThrow('there is no route A');
  await expect(route(client.context, [''], {})).rejects.toThrow(/0 entries: expected 2 to 100/);
  await expect(route(client.context, ['A B'], {})).rejects.toThrow(/"A B": expected 1 to 64 of letters/);
});

test('a route that has a name is asked for by it, and is in the list of them with its travel time', async () => {
  using byName = subject.client({ output: 'csv' });
  using byDetectors = subject.client({ output: 'csv' });
  await route(byName.context, ['through'], { at: '-10m' });
  await route(byDetectors.context, ['A', 'B', 'C'], { at: '-10m' });
  const wholeOf = (csv: string) => Number(rowsOf(csv).at(-1)?.mean_seconds);
  expect(wholeOf(byName.out())).toBeGreaterThan(230);
  expect(Math.abs(wholeOf(byName.out()) - wholeOf(byDetectors.out()))).toBeLessThan(5);
  using listed = subject.client({ output: 'ndjson' });
  await routes(listed.context);
  const [row] = listed
    .out()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(row).toMatchObject({ route_id: 'through', name: 'To the harbour', detector_ids: ['A', 'B', 'C'] });
  expect(row.mean_seconds).toBeGreaterThan(230);
  using table = subject.client();
  await routes(table.context);
  expect(table.out()).toMatch(/^route +name +time +90 % sure .*status\nthrough +To the harbour +4:/);
});

test('matches are told with what became of them, and without any device', async () => {
  using client = subject.client({ output: 'csv' });
  await matches(client.context, { link: { fromDetectorId: 'A', toDetectorId: 'B' }, from: '-40m', to: 'now' });
  expect(client.out()).not.toMatch(/beef/);
  const rows = rowsOf(client.out());
  expect(rows.length).toBeGreaterThan(50);
  const slow = rows.find(({ travel_seconds }) => Number(travel_seconds) === 600);
  expect(slow).toMatchObject({ reason: 'unlikely' });
  expect(Number(slow?.weight)).toBeLessThan(0.2);
  const used = rows.filter(({ reason }) => reason === 'used');
  expect(used.length).toBeGreaterThan(0.9 * rows.length);
  const ask2 = { link: { fromDetectorId: 'A', toDetectorId: 'C' }, from: '-40m', to: 'now' };
  await expect(matches(client.context, ask2)).rejects.toThrow(/there is no link from A to C/);
  await expect(matches(client.context, { ...ask2, from: '-3d' })).rejects.toThrow(/at most a day/);
});
