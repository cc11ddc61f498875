import { expect, test } from 'vitest';
import type { Estimate } from './estimate.ts';
import { routeTravelTime } from './route.ts';

const minuteMs = 60_000;
const estimate = (meanS: number, given: Partial<Estimate> = {}): Estimate => ({
  travelTime: {
    ...{ meanS, lowerS: meanS - 3, upperS: meanS + 4, fastS: meanS - 6, slowS: meanS + 8 },
    ...{ departureS: meanS + 1, freeFlowS: meanS / 2 },
  },
  samples: 5,
  status: 'live',
  ageS: 1,
  ...given,
});

test('a route takes each link as it was when those who arrive now left it', async () => {
  const asked: (readonly [number, number])[] = [];
  const { travelTime, status } = await routeTravelTime(3, 100 * minuteMs, async (index, timeMs) => {
    asked.push([index, timeMs / minuteMs]);
    return estimate([60, 120, 180][index] ?? 0);
  });
  expect(asked).toEqual([
    [2, 100],
    [1, 97],
    [0, 95],
  ]);
  expect(status).toBe('live');
  expect(travelTime?.meanS).toBe(360);
  expect(travelTime?.freeFlowS).toBe(180);
  expect(travelTime?.departureS).toBe(363);
});

test('uncertainties of links add as squares: a route is known better than its links side by side', async () => {
  const { travelTime } = await routeTravelTime(4, 0, async () => estimate(100));
  expect(travelTime).toMatchObject({ lowerS: 394, upperS: 408, fastS: 388, slowS: 416 });
});

test('a route is told to a tenth of a second', async () => {
  const { travelTime } = await routeTravelTime(3, 0, async () => estimate(100.2));
  expect(travelTime).toMatchObject({ meanS: 300.6, lowerS: 295.4, upperS: 307.5, freeFlowS: 150.3 });
});

test('a route is as good as its weakest link, and has no time where a link has none', async () => {
  const links = [estimate(100), estimate(100, { status: 'stale' }), estimate(100, { status: 'sparse' })];
  expect((await routeTravelTime(3, 0, async (index) => links[index])).status).toBe('stale');
  const { travelTime: _, ...nothing } = estimate(100, { status: 'no_data' });
  const broken = await routeTravelTime(3, 0, async (index) => (index === 1 ? nothing : links[index]));
  expect(broken).toEqual({ status: 'no_data' });
  expect(await routeTravelTime(2, 0, async () => undefined)).toEqual({ status: 'no_data' });
});
