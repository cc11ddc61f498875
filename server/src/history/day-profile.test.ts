import { expect, test } from 'vitest';
import type { Estimate } from '../estimation/estimate.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { calendarOf, dayOfDate } from './calendar.ts';
import { DayProfiles } from './day-profile.ts';

const calendar = calendarOf('Europe/Berlin');
const day = dayOfDate('2026-03-02') ?? 0;
const startMs = calendar.startMs(day);
const { estimate } = madeUpEstimate(0);
const travelTime = estimate.travelTime ?? expect.fail();
const minute = (number: number, given: Partial<Estimate> & { readonly meanS?: number } = {}) => {
  const { meanS = 100, ...other } = given;
  return {
    timeMs: startMs + number * 60_000,
    estimate: { ...estimate, travelTime: { ...travelTime, meanS }, ...other },
  };
};
function secondsOf(...minutes: readonly ReturnType<typeof minute>[]) {
  const profiles = new DayProfiles(calendar);
  for (const each of minutes) profiles.add(each);
  return profiles.of(day, day + 1)[0]?.seconds ?? expect.fail();
}
const five = (from: number, given: Parameters<typeof minute>[1]) =>
  Array.from({ length: 5 }, (_, index) => minute(from + index, given));

test('a quarter of an hour is the mean of its observed minutes, of which there are five or more', () => {
  const seconds = secondsOf(...five(3, { meanS: 90 }), minute(9, { meanS: 120 }), ...five(16, { meanS: 80 }).slice(1));
  expect(seconds[0]).toBe(95);
  expect(seconds[1]).toBeNaN();
});

test.each<[string, Partial<Estimate>]>([
  ['has too few samples', { status: 'sparse' }],
  ['is stale', { status: 'stale' }],
  ['is of before its detector was down', { status: 'detector_down' }],
  ['comes of clocks that are apart', { clockOffsetS: 30 }],
])('a minute that %s is a gap, though it has a value', (_, given) => {
  expect(secondsOf(...five(3, given))[0]).toBeNaN();
});

test('a minute is named by its end: the one at midnight belongs to the day before', () => {
  const profiles = new DayProfiles(calendar);
  for (let each = -4; each <= 0; each++) profiles.add(minute(each));
  const [before, after] = profiles.of(day - 1, day + 1);
  expect(before?.seconds[95]).toBe(100);
  expect(after?.seconds[0]).toBeNaN();
});

test('a day without any minute is there, as a gap', () => {
  expect(new DayProfiles(calendar).of(day, day + 2).map(({ seconds }) => seconds.every(Number.isNaN))).toEqual([
    true,
    true,
  ]);
});
