import { slotsPerDay } from './calendar.ts';
import type { DayProfile } from './day-profile.ts';

/** For tests: days from one on, with what each slot took; undefined for a gap. */
export const madeUpDays = (
  fromDay: number,
  count: number,
  secondsOf: (day: number, slot: number) => number | undefined,
): readonly DayProfile[] =>
  Array.from({ length: count }, (_, index) => ({
    day: fromDay + index,
    seconds: Float64Array.from({ length: slotsPerDay }, (_, slot) => secondsOf(fromDay + index, slot) ?? Number.NaN),
  }));
