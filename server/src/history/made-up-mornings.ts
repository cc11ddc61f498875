import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import type { PublishedEstimate } from '../repository.ts';
import { type Calendar, slotMinutes } from './calendar.ts';

const minuteMs = 60_000;
const firstMinute = 7 * 60;
const minutes = 4 * slotMinutes;

/** For tests: the estimates of D1 to D2 from 07:00 to 08:00 by the clocks, of so many days; undefined for a minute without a live one. */
export function madeUpMornings(
  calendar: Calendar,
  fromDay: number,
  count: number,
  secondsOf: (day: number, minute: number) => number | undefined,
): readonly PublishedEstimate[] {
  const { estimate } = madeUpEstimate(0);
  const { travelTime } = estimate;
  if (travelTime === undefined) throw new Error('a made-up estimate has a travel time');
  return Array.from({ length: count * minutes }, (_, index) => {
    const [day, minute] = [fromDay + Math.floor(index / minutes), firstMinute + 1 + (index % minutes)];
    const meanS = secondsOf(day, minute);
    // No clock is changed at noon.
    const timeMs = calendar.startMs(day + 1) - (24 * 60 - minute) * minuteMs;
    const live = { ...estimate, travelTime: { ...travelTime, meanS: meanS ?? travelTime.meanS } };
    return {
      ...madeUpEstimate(0),
      timeMs,
      estimate: meanS === undefined ? { ...live, status: 'stale' as const } : live,
    };
  });
}
