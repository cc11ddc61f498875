import { expect, test } from 'vitest';
import { madeUpEstimate } from '../made-up-estimate.ts';
import { dateOf, timesOf, withNewest } from './link-course.ts';

const nowMs = Date.parse('2026-03-01T08:03:00Z');
const at = (minute: number, given = {}) =>
  madeUpEstimate({ time: new Date(Date.UTC(2026, 2, 1, 8, minute)).toISOString(), ...given });
const course = { fromMs: nowMs - 3_600_000, toMs: nowMs, estimates: [at(0), at(1)], matches: [], peers: [] };

test('a course goes on with each minute, and a minute that is made again takes its place', () => {
  const longer = withNewest(course, at(2), nowMs + 60_000);
  expect(longer.estimates.map(({ time }) => time)).toEqual([at(0), at(1), at(2)].map(({ time }) => time));
  expect([longer.fromMs, longer.toMs]).toEqual([course.fromMs + 60_000, course.toMs + 60_000]);
  const again = withNewest(course, at(1, { revision: 2, mean_seconds: 7 }), nowMs);
  expect(again.estimates.map(({ mean_seconds }) => mean_seconds)).toEqual([150, 7]);
});

test('what is known already, or older, changes nothing', () => {
  expect(withNewest(course, at(1), nowMs)).toBe(course);
  expect(withNewest(course, at(0, { revision: 9 }), nowMs)).toBe(course);
});

test('a day is one of the calendar', () => {
  const { fromMs, toMs } = timesOf({ type: 'day', date: '2026-02-28' }, nowMs);
  expect([dateOf(fromMs), dateOf(toMs - 1), dateOf(toMs)]).toEqual(['2026-02-28', '2026-02-28', '2026-03-01']);
  expect(timesOf({ type: 'last-hours', hours: 3 }, nowMs)).toEqual({ fromMs: nowMs - 3 * 3_600_000, toMs: nowMs });
});
