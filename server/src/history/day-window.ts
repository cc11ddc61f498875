import { slotsPerDay, weekdayOf } from './calendar.ts';
import type { DayProfile } from './day-profile.ts';

/** Which part of days is looked at: some days of the week, and on these some slots. */
export interface DayWindow {
  /** 1 (Monday) to 7, rising; at least one. */
  readonly weekdays: readonly number[];
  /** First slot. */
  readonly fromSlot: number;
  /** The slot behind the last, above `fromSlot`, at most 96. */
  readonly toSlot: number;
}

export const wholeWeek: DayWindow = { weekdays: [1, 2, 3, 4, 5, 6, 7], fromSlot: 0, toSlot: slotsPerDay };

/** The days that the window is open on. */
export const daysIn = ({ weekdays }: DayWindow, days: readonly DayProfile[]): readonly DayProfile[] =>
  days.filter(({ day }) => weekdays.includes(weekdayOf(day)));

/** The slots of a day that were observed. */
export function observedSlots({ fromSlot, toSlot }: DayWindow, { seconds }: DayProfile) {
  const found: { readonly slot: number; readonly seconds: number }[] = [];
  for (let slot = fromSlot; slot < toSlot; slot++) {
    const value = seconds[slot] ?? Number.NaN;
    if (!Number.isNaN(value)) found.push({ slot, seconds: value });
  }
  return found;
}

/** How much of a period was observed: nobody has to guess what is missing. */
export interface Coverage {
  /** Days of the period that the window is open on. */
  readonly days: number;
  /** Of them, those with an observation. */
  readonly daysObserved: number;
  readonly slots: number;
  readonly slotsObserved: number;
}

export function coverageOf(window: DayWindow, days: readonly DayProfile[]): Coverage {
  const open = daysIn(window, days);
  const counts = open.map((day) => observedSlots(window, day).length);
  return {
    days: open.length,
    daysObserved: counts.filter((count) => count > 0).length,
    slots: open.length * (window.toSlot - window.fromSlot),
    slotsObserved: counts.reduce((sum, count) => sum + count, 0),
  };
}
