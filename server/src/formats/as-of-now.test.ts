import { expect, test } from 'vitest';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { asOfNow } from './as-of-now.ts';
import { recordOf } from './made-up-links.ts';

const minuteMs = 60_000;
const live = madeUpEstimate(0);
const at = (published: typeof live, minutes: number) =>
  asOfNow(recordOf(published), published.timeMs + minutes * minuteMs);

test('an estimate of this minute is what was published', () => {
  expect(at(live, 0)).toEqual(recordOf(live));
  expect(at(live, -1)).toEqual(recordOf(live));
});

test('its age goes on while nothing newer comes, and after five minutes it is stale', () => {
  expect(at(live, 5)).toMatchObject({ status: 'live', mean_seconds: 90.5, age_seconds: 312.5 });
  expect(at(live, 6)).toMatchObject({ status: 'stale', mean_seconds: 90.5, age_seconds: 372.5 });
});

test('after an hour there is no value, whatever it was', () => {
  for (const status of ['live', 'sparse', 'stale', 'detector_down'] as const) {
    const old = at({ ...live, estimate: { ...live.estimate, status } }, 61);
    expect(old).toMatchObject({ status: 'no_data', samples: 0, mean_seconds: null, upper_seconds: null });
    expect([old.delay_seconds, old.departure_seconds, old.fast_seconds]).toEqual([null, null, null]);
  }
});

test('what was not live is no better later', () => {
  const down = { ...live, estimate: { ...live.estimate, status: 'detector_down' as const } };
  expect(at(down, 20)).toMatchObject({ status: 'detector_down', mean_seconds: 90.5 });
  const { ageS: _, ...ageless } = live.estimate;
  expect(at({ ...live, estimate: ageless }, 20).age_seconds).toBeNull();
});
