import type { Format } from '../format.ts';
import { lastDayOf } from './history-query.ts';
import type { Coverage } from './history-types.ts';

/** First and last day. */
export const daysText = (
  { text, date }: Format,
  period: { readonly from_date: string; readonly to_date: string },
): string => text.between(date(period.from_date), date(lastDayOf(period.to_date)));

/** How much of a period was observed: nobody has to guess what is missing. */
export function coverageText({ text, number, percent }: Format, coverage: Coverage): string {
  const { days, days_observed: observed, slots, slots_observed: slotsObserved } = coverage;
  return text.coverage(number(observed), number(days), percent(slots === 0 ? 0 : slotsObserved / slots));
}
