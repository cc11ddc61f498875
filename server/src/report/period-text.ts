import type { DayWindow, PeriodStatistics } from '@tdc/shared/generated/tdc/v1/history.ts';
import { timeOfDay, weekdayName } from '../records/history-record.ts';

/** Which part of days, in words. */
export function windowText(window: DayWindow | undefined): string {
  const { weekdays = [], fromMinute = 0, toMinute = 0 } = window ?? {};
  const days = weekdays.length === 7 ? 'all days' : weekdays.map(weekdayName).join(', ');
  return `${days}, ${timeOfDay(fromMinute)} to ${timeOfDay(toMinute)}`;
}

export const periodText = ({ period }: PeriodStatistics): string =>
  `${period?.fromDate ?? ''} to before ${period?.toDate ?? ''}`;

export const coverageText = ({ coverage }: PeriodStatistics): string => {
  const { days = 0, daysObserved = 0, slots = 0, slotsObserved = 0 } = coverage ?? {};
  const percent = slots === 0 ? 0 : Math.floor((100 * slotsObserved) / slots);
  return `${daysObserved} of ${days} days observed, ${slotsObserved} of ${slots} quarters of an hour (${percent} %)`;
};
