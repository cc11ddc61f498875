import { type Weekday, weekdays } from './history-types.ts';

/** Both days belong to it, as people say it. Empty texts where nothing is chosen. */
export interface Period {
  readonly first: string;
  readonly last: string;
}

/** What of the history of a link is looked at. Without a period the server takes the last eight weeks, without days of the week all of them. */
export interface HistoryQuery {
  readonly period: Period;
  /** With which it is compared. */
  readonly before: Period;
  readonly weekdays: readonly Weekday[];
  readonly timeFrom: string;
  readonly timeTo: string;
}

export const isComparing = ({ before }: HistoryQuery): boolean => before.first !== '' || before.last !== '';

const dayMs = 24 * 3_600_000;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

/** A day some days later. What is no date stays as it is: the server says what is wrong with it. */
function daysLater(date: string, days: number): string {
  const timeMs = datePattern.test(date) ? Date.parse(date) + days * dayMs : Number.NaN;
  return Number.isNaN(timeMs) ? date : new Date(timeMs).toISOString().slice(0, 10);
}

/** The last day of a period whose end the API names by the day after. */
export const lastDayOf = (toDate: string): string => daysLater(toDate, -1);

/** As in the address of the page, which has the parameters of the API. */
export function queryIn(parameters: URLSearchParams): HistoryQuery {
  const value = (name: string) => parameters.get(name) ?? '';
  return {
    period: { first: value('from_date'), last: lastDayOf(value('to_date')) },
    before: { first: value('before_from'), last: lastDayOf(value('before_to')) },
    weekdays: weekdays.filter((each) => parameters.getAll('weekdays').includes(each)),
    timeFrom: value('time_from'),
    timeTo: value('time_to'),
  };
}

export function parametersOf({ period, before, weekdays: days, timeFrom, timeTo }: HistoryQuery): URLSearchParams {
  const all: readonly (readonly [string, string])[] = [
    ['from_date', period.first],
    ['to_date', daysLater(period.last, 1)],
    ['before_from', before.first],
    ['before_to', daysLater(before.last, 1)],
    ...(days.length === weekdays.length ? [] : days.map((each) => ['weekdays', each] as const)),
    ['time_from', timeFrom],
    ['time_to', timeTo],
  ];
  return new URLSearchParams(all.filter(([, value]) => value !== '').map(([name, value]) => [name, value]));
}

/** The same without what it is compared with. */
export function periodParametersOf(query: HistoryQuery): URLSearchParams {
  return parametersOf({ ...query, before: { first: '', last: '' } });
}

/** As the fields of the form have it. */
export function queryOfForm(form: FormData): HistoryQuery {
  const value = (name: string) => String(form.get(name) ?? '');
  return {
    period: { first: value('first'), last: value('last') },
    before: { first: value('before_first'), last: value('before_last') },
    weekdays: weekdays.filter((each) => form.getAll('weekdays').includes(each)),
    timeFrom: value('time_from'),
    timeTo: value('time_to'),
  };
}
