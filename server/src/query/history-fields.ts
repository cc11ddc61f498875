/** Fields that the requests for statistics have in common. */
import type { Period as WirePeriod, DayWindow as WireWindow } from '@tdc/shared/generated/tdc/v1/history.ts';
import type { Link } from '@tdc/shared/network.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { dayOfDate, slotMinutes, slotsPerDay } from '../history/calendar.ts';
import { type DayWindow, wholeWeek } from '../history/day-window.ts';
import { invalid } from './filter.ts';
import type { HistoryContext } from './history-context.ts';
import { type LinkEnds, linkAmong } from './link-ends.ts';

const periodDaysMax = 366;
/** Of what is usual, and of a period that nobody names. */
export const weeksByDefault = 8;
export const weeksMax = 52;
const minutesPerDay = slotsPerDay * slotMinutes;

/** Days from 1970-01-01 to the local date, the last exclusive. */
export interface DayRange {
  readonly fromDay: number;
  readonly toDay: number;
}

export const todayOf = ({ history, clock }: HistoryContext): number => history.calendar.placeOf(clock.nowMs()).day;

/** Throws NotFoundError where there is no such link. */
export async function linkOf({ repository }: HistoryContext, ends: LinkEnds, signal: AbortSignal): Promise<Link> {
  return linkAmong(await repository.network.links(signal), ends);
}

/** What the two dates of a period are called where they come from. */
export interface PeriodNames {
  readonly from: string;
  readonly to: string;
}

export const periodNamesOf = (field: string): PeriodNames => ({ from: `${field}.from_date`, to: `${field}.to_date` });

export function parsePeriod(names: PeriodNames, { fromDate, toDate }: WirePeriod): DayRange {
  const [fromDay, toDay] = [parseDate(names.from, fromDate), parseDate(names.to, toDate)];
  if (toDay <= fromDay) throw invalid(names.to, `${toDate}: expected a day after ${names.from}, ${fromDate}`);
  if (toDay - fromDay > periodDaysMax) {
    throw invalid(names.to, `${toDate}: expected at most ${periodDaysMax} days after ${names.from}, ${fromDate}`);
  }
  return { fromDay, toDay };
}

export const areApart = (one: DayRange, other: DayRange): boolean =>
  one.toDay <= other.fromDay || other.toDay <= one.fromDay;

/** So many weeks before a day, today if it is empty; 0 weeks stand for the default. */
export function parseWeeks(context: HistoryContext, weeks: number, toDate: string): DayRange {
  if (weeks > weeksMax) throw invalid('weeks', `${weeks}: expected 0 to ${weeksMax}`);
  const toDay = toDate === '' ? todayOf(context) : parseDate('to_date', toDate);
  return { fromDay: Math.max(0, toDay - 7 * (weeks === 0 ? weeksByDefault : weeks)), toDay };
}

function parseDate(field: string, text: string): number {
  const day = dayOfDate(text);
  if (day === undefined) throw invalid(field, `${quoted(text)}: expected a date such as 2026-03-01`);
  return day;
}

export function parseWindow(wire: WireWindow | undefined): DayWindow {
  if (wire === undefined) return wholeWeek;
  const { weekdays, fromMinute } = wire;
  const toMinute = wire.toMinute === 0 ? minutesPerDay : wire.toMinute;
  const bad = weekdays.find((each) => each < 1 || each > 7);
  if (bad !== undefined) throw invalid('window.weekdays', `${bad}: expected 1 (Monday) to 7 (Sunday)`);
  for (const [field, minute] of Object.entries({ from_minute: fromMinute, to_minute: toMinute })) {
    if (minute % slotMinutes === 0 && minute <= minutesPerDay) continue;
    throw invalid(`window.${field}`, `${minute}: expected a multiple of ${slotMinutes} up to ${minutesPerDay}`);
  }
  if (toMinute <= fromMinute) {
    throw invalid('window.to_minute', `${toMinute}: expected one after from_minute, ${fromMinute}`);
  }
  return {
    weekdays: weekdays.length === 0 ? wholeWeek.weekdays : [...new Set(weekdays)].sort(),
    fromSlot: fromMinute / slotMinutes,
    toSlot: toMinute / slotMinutes,
  };
}
