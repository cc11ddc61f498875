import { z } from 'zod';
import { slotMinutes, weekdayNames } from '../../history/calendar.ts';
import { type DayWindow, wholeWeek } from '../../history/day-window.ts';
import { invalid } from '../../query/filter.ts';
import type { HistoryContext } from '../../query/history-context.ts';
import { areApart, type DayRange, parsePeriod, parseWeeks } from '../../query/history-fields.ts';
import { detectorId, severalOf } from './fields.ts';

/** A link by the ends in its address. */
export const linkParams = z.object({ from_detector_id: detectorId, to_detector_id: detectorId });
export const endsOf = (params: z.infer<typeof linkParams>) => ({
  fromDetectorId: params.from_detector_id,
  toDetectorId: params.to_detector_id,
});

export const date = z.iso.date('expected a date such as 2026-03-01');
const firstDay = date.describe('First day, in the time zone of the network.');
const dayAfter = date.describe('The day after the last; at most 366 days later.');

const timeOfDay = (hours: string, description: string) =>
  z
    .string()
    .regex(new RegExp(`^(${hours})$`), `expected a time such as 07:15, in steps of ${slotMinutes} minutes`)
    .optional()
    .describe(`${description} By the clocks of the network.`);
const quarters = '([01]\\d|2[0-3]):(00|15|30|45)';

/** Which part of days is looked at. */
export const windowParameters = {
  weekdays: severalOf(z.enum(weekdayNames), 'On these days of the week.', weekdayNames.length),
  time_from: timeOfDay(quarters, 'From this time of the day on.'),
  time_to: timeOfDay(`${quarters}|24:00`, 'Before this time of the day.'),
};

interface WindowParameters {
  readonly weekdays: readonly (typeof weekdayNames)[number][];
  readonly time_from?: string | undefined;
  readonly time_to?: string | undefined;
}

const slotOf = (text: string): number => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) / slotMinutes;

export function windowIn({ weekdays, time_from = '00:00', time_to = '24:00' }: WindowParameters): DayWindow {
  const [fromSlot, toSlot] = [slotOf(time_from), slotOf(time_to)];
  if (toSlot <= fromSlot) throw invalid('time_to', `expected a time after time_from, ${time_from}`);
  const numbers = [...new Set(weekdays.map((name) => weekdayNames.indexOf(name) + 1))].sort();
  return { weekdays: numbers.length === 0 ? wholeWeek.weekdays : numbers, fromSlot, toSlot };
}

/** A period: both days, or neither for the eight weeks before today. */
export const periodParameters = { from_date: firstDay.optional(), to_date: dayAfter.optional() };

export function periodIn(
  context: HistoryContext,
  { from_date, to_date }: { readonly from_date?: string | undefined; readonly to_date?: string | undefined },
): DayRange {
  if (from_date === undefined && to_date === undefined) return parseWeeks(context, 0, '');
  if (from_date === undefined) throw invalid('from_date', 'missing: expected both from_date and to_date, or neither');
  if (to_date === undefined) throw invalid('to_date', 'missing: expected both from_date and to_date, or neither');
  return parsePeriod({ from: 'from_date', to: 'to_date' }, { fromDate: from_date, toDate: to_date });
}

/** Of a period that is compared with another. */
export const beforeParameters = { before_from: firstDay, before_to: dayAfter };

export const beforeIn = ({
  before_from,
  before_to,
}: {
  readonly before_from: string;
  readonly before_to: string;
}): DayRange => parsePeriod({ from: 'before_from', to: 'before_to' }, { fromDate: before_from, toDate: before_to });

/** Throws InvalidInputError for periods that overlap: they cannot be compared. */
export function expectApart(before: DayRange, after: DayRange): void {
  if (!areApart(before, after)) throw invalid('from_date', 'expected a period that does not overlap with that before');
}
