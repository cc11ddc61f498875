import { quantile } from '../estimation/estimators/quantile.ts';
import { isWeekend, slotsPerDay, weekdayOf } from './calendar.ts';
import type { DayProfile } from './day-profile.ts';

/** Days that must have been observed, for what they took to be called usual. */
export const usualDaysMin = 4;

/**
 * What a value is learned from: the same weekday; where that was observed on too few days, all days from Monday to Friday, or of the weekend;
 * where those are too few as well, there is no value.
 */
export const usualBases = ['weekday', 'day_type', 'none'] as const;
export type UsualBasis = (typeof usualBases)[number];

/** What is usual for a link in a slot of a weekday. */
export interface UsualSlot {
  /** 1 (Monday) to 7. */
  readonly weekday: number;
  readonly slot: number;
  readonly basis: UsualBasis;
  /** Days that were observed, of the basis; without one those of the day type. */
  readonly days: number;
  /** Absent without a basis. */
  readonly value?: { readonly medianS: number; readonly lowS: number; readonly highS: number };
}

/** One day in five was below, one in five above: what is within is nothing special. */
const [lowPart, highPart] = [0.2, 0.8];

/** Of one slot. */
export function usualSlotOf(days: readonly DayProfile[], weekday: number, slot: number): UsualSlot {
  const same = valuesOf(days, slot, (each) => each === weekday);
  if (same.length >= usualDaysMin) return { weekday, slot, basis: 'weekday', days: same.length, value: spreadOf(same) };
  const alike = valuesOf(days, slot, (each) => isWeekend(each) === isWeekend(weekday));
  if (alike.length < usualDaysMin) return { weekday, slot, basis: 'none', days: alike.length };
  return { weekday, slot, basis: 'day_type', days: alike.length, value: spreadOf(alike) };
}

/** Of all weekdays and slots, in that order. */
export function usualWeekOf(days: readonly DayProfile[]): readonly UsualSlot[] {
  return Array.from({ length: 7 * slotsPerDay }, (_, index) =>
    usualSlotOf(days, 1 + Math.floor(index / slotsPerDay), index % slotsPerDay),
  );
}

function valuesOf(days: readonly DayProfile[], slot: number, counts: (weekday: number) => boolean): readonly number[] {
  return days
    .filter(({ day }) => counts(weekdayOf(day)))
    .map(({ seconds }) => seconds[slot] ?? Number.NaN)
    .filter((seconds) => !Number.isNaN(seconds));
}

function spreadOf(values: readonly number[]) {
  const rising = new Float64Array(values).sort();
  return { medianS: quantile(rising, 0.5), lowS: quantile(rising, lowPart), highS: quantile(rising, highPart) };
}
