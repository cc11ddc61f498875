import type { Estimate } from '../estimation/estimate.ts';
import type { PublishedEstimate } from '../repository.ts';
import { type Calendar, slotsPerDay } from './calendar.ts';

/** Minutes of a slot that must have been observed for it to count: the window of one estimate, or a third of the slot. */
export const slotMinutesMin = 5;

/** What was observed of a link on one day. */
export interface DayProfile {
  /** Days from 1970-01-01 to the local date. */
  readonly day: number;
  /** Mean of the slot's observed minutes, by slot; NaN where too few were. */
  readonly seconds: Float64Array;
}

/**
 * Travel time of a minute that counts as observed: made of three matches or more of the last five minutes. What is stale, has too few
 * samples, is of before, or comes of clocks that are apart, says nothing of its minute.
 */
export function observedOf({ status, travelTime, clockOffsetS }: Estimate) {
  return status === 'live' && clockOffsetS === undefined ? travelTime : undefined;
}

interface Sums {
  readonly seconds: Float64Array;
  readonly minutes: Uint16Array;
}

/** Gathers one link's minutes into days; each minute comes once, in its last revision. */
export class DayProfiles {
  readonly #calendar: Pick<Calendar, 'placeOf'>;
  readonly #days = new Map<number, Sums>();

  constructor(calendar: Pick<Calendar, 'placeOf'>) {
    this.#calendar = calendar;
  }

  add({ timeMs, estimate }: Pick<PublishedEstimate, 'timeMs' | 'estimate'>): void {
    const travelTime = observedOf(estimate);
    if (travelTime === undefined) return;
    // A minute is named by its end.
    const { day, slot } = this.#calendar.placeOf(timeMs - 1);
    const sums = this.#days.get(day) ?? noSums();
    this.#days.set(day, sums);
    sums.seconds[slot] = (sums.seconds[slot] ?? 0) + travelTime.meanS;
    sums.minutes[slot] = (sums.minutes[slot] ?? 0) + 1;
  }

  /** One for each day of the range, `toDay` exclusive; without any minute it is all gaps. */
  of(fromDay: number, toDay: number): readonly DayProfile[] {
    return Array.from({ length: Math.max(0, toDay - fromDay) }, (_, index) => {
      const day = fromDay + index;
      const { seconds, minutes } = this.#days.get(day) ?? noSums();
      return {
        day,
        seconds: seconds.map((sum, slot) =>
          (minutes[slot] ?? 0) < slotMinutesMin ? Number.NaN : sum / (minutes[slot] ?? 1),
        ),
      };
    });
  }
}

const noSums = (): Sums => ({
  seconds: new Float64Array(slotsPerDay),
  minutes: new Uint16Array(slotsPerDay),
});
