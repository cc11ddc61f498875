import { mean, median } from '../estimation/estimators/quantile.ts';
import { isWeekend, slotsPerDay, weekdayOf } from './calendar.ts';
import type { DayProfile } from './day-profile.ts';
import { type DayWindow, daysIn, observedSlots } from './day-window.ts';
import { shiftOf } from './shift.ts';

export const verdicts = ['slower', 'faster', 'no_difference_shown', 'too_few_days'] as const;
export type Verdict = (typeof verdicts)[number];

/** What has changed from one period to another. */
export interface Comparison {
  readonly verdict: Verdict;
  /** Days that count, of each period. */
  readonly daysBefore: number;
  readonly daysAfter: number;
  /** Slots that were observed on enough days of both periods; those of weekends apart. */
  readonly slotsCompared: number;
  /** Correlation of a day with the day before it; 0 where there is none to be seen. */
  readonly dayCorrelation: number;
  /** Absent with too few days. Seconds by which `after` takes longer, with its 95 % interval; and that as a part of the median before. */
  readonly change?: {
    readonly seconds: number;
    readonly lowerS: number;
    readonly upperS: number;
    readonly part: number;
  };
}

/** Days of each period on which a slot must have been observed. */
const slotDaysMin = 3;
const correlationMax = 0.9;

/**
 * Compares by day, as the minutes of a day are not independent of each other: a day has one value, of the slots that both periods know. A slot
 * that was missed does not make a day faster or slower: what counts is how far each slot was from what it takes in both periods.
 */
export function comparisonOf(
  window: DayWindow,
  before: readonly DayProfile[],
  after: readonly DayProfile[],
): Comparison {
  const periods = [before, after].map((days) => daysIn(window, days).map((day) => observedKeys(window, day)));
  const [first = [], second = []] = periods;
  const medians = mediansOf(first, second);
  const [valuesBefore, valuesAfter] = [dayValues(first, medians), dayValues(second, medians)];
  const counts = { daysBefore: valuesBefore.length, daysAfter: valuesAfter.length, slotsCompared: medians.size };
  const shift = shiftOf(valuesBefore, valuesAfter);
  if (shift === undefined) return { verdict: 'too_few_days', ...counts, dayCorrelation: 0 };
  const dayCorrelation = correlationOf([valuesBefore, valuesAfter]);
  // As if there were fewer days by (1 - r) / (1 + r): Bayley and Hammersley 1946.
  const widening = Math.sqrt((1 + dayCorrelation) / (1 - dayCorrelation));
  const lowerS = shift.value - widening * (shift.value - shift.lower);
  const upperS = shift.value + widening * (shift.upper - shift.value);
  const change = { seconds: shift.value, lowerS, upperS, part: shift.value / median(valuesBefore) };
  const shown = upperS < 0 ? 'faster' : 'no_difference_shown';
  return { verdict: lowerS > 0 ? 'slower' : shown, ...counts, dayCorrelation, change };
}

/** Seconds of a day's observed slots, by slot; those of weekends have keys of their own. */
type Observed = ReadonlyMap<number, number>;

function observedKeys(window: DayWindow, day: DayProfile): Observed {
  const offset = isWeekend(weekdayOf(day.day)) ? slotsPerDay : 0;
  return new Map(observedSlots(window, day).map(({ slot, seconds }) => [offset + slot, seconds]));
}

/** Of the slots that can be compared; both periods count the same, however often each was observed. */
function mediansOf(before: readonly Observed[], after: readonly Observed[]): ReadonlyMap<number, number> {
  const medians = new Map<number, number>();
  for (let key = 0; key < 2 * slotsPerDay; key++) {
    const [some, others] = [before, after].map((days) => days.flatMap((day) => day.get(key) ?? []));
    if (some === undefined || others === undefined || Math.min(some.length, others.length) < slotDaysMin) continue;
    medians.set(key, mean([median(some), median(others)]));
  }
  return medians;
}

/** A value for each day on which half of its comparable slots or more were observed. */
function dayValues(days: readonly Observed[], medians: ReadonlyMap<number, number>): readonly number[] {
  const level = mean([...medians.values()]);
  const comparable = [0, slotsPerDay].map(
    (from) => [...medians.keys()].filter((key) => key >= from && key < from + slotsPerDay).length,
  );
  return days.flatMap((day) => {
    const differences = [...day].flatMap(([key, seconds]) => {
      const usual = medians.get(key);
      return usual === undefined ? [] : [seconds - usual];
    });
    const isOnWeekend = [...day.keys()].some((key) => key >= slotsPerDay);
    const most = comparable[isOnWeekend ? 1 : 0] ?? 0;
    return differences.length > 0 && 2 * differences.length >= most ? [level + mean(differences)] : [];
  });
}

/**
 * Of each day with the one before it that counts, around the medians of their periods, and set right for how few there are (Marriott and Pope
 * 1954). None below zero: an interval is never made narrower by it.
 */
function correlationOf(periods: readonly (readonly number[])[]): number {
  let [products, squares, pairs] = [0, 0, 0];
  for (const values of periods) {
    const middle = median(values);
    for (const [index, value] of values.entries()) {
      squares += (value - middle) ** 2;
      if (index === 0) continue;
      products += (value - middle) * ((values[index - 1] ?? middle) - middle);
      pairs++;
    }
  }
  const count = pairs + periods.length;
  if (squares === 0) return 0;
  const raw = (products / squares) * (count / pairs);
  return Math.min(correlationMax, Math.max(0, raw + (1 + 4 * raw) / count));
}
