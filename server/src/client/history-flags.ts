/** Flags of the commands about the history of a link. */
import type { DayWindow, Period } from '@tdc/shared/generated/tdc/v1/history.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dayOfDate, weekdayNames } from '../history/calendar.ts';
import { parseLinkFlag } from './link-flag.ts';

/** `2026-03-01..2026-04-01`: the first day, and the day after the last. */
export function periodFlag(text: string): Period {
  const [fromDate = '', toDate = '', ...more] = text.split('..');
  if (more.length > 0 || dayOfDate(fromDate) === undefined || dayOfDate(toDate) === undefined) {
    throw new InvalidArgumentError(
      `${quoted(text)}: expected the first day and the day after the last, such as 2026-03-01..2026-04-01.`,
    );
  }
  return { fromDate, toDate };
}

const weekdaysExpected = 'expected days such as mon-fri or sat,sun';

/** `mon-fri`, `sat,sun`. */
export function weekdaysFlag(text: string): readonly number[] {
  const days = text.split(',').flatMap((part) => {
    const [first = '', last = first, ...more] = part.split('-');
    const names: readonly string[] = weekdayNames;
    const [from, to] = [names.indexOf(first) + 1, names.indexOf(last) + 1];
    if (more.length > 0 || from < 1 || to < from)
      throw new InvalidArgumentError(`${quoted(text)}: ${weekdaysExpected}.`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(days)].sort();
}

interface Hours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** `07:00-09:30`. */
export function hoursFlag(text: string): Hours {
  const [, fromHour, fromQuarter, toHour, toQuarter] = /^(\d\d):(00|15|30|45)-(\d\d):(00|15|30|45)$/.exec(text) ?? [];
  const [fromMinute, toMinute] = [60 * Number(fromHour) + Number(fromQuarter), 60 * Number(toHour) + Number(toQuarter)];
  if (fromMinute >= 0 && fromMinute < toMinute && toMinute <= 24 * 60) return { fromMinute, toMinute };
  throw new InvalidArgumentError(
    `${quoted(text)}: expected hours such as 07:00-09:30, in steps of 15 minutes up to 24:00.`,
  );
}

export interface WindowOptions {
  readonly weekdays?: readonly number[];
  readonly hours?: Hours;
}

/** Adds the flags that say which link and which part of days. */
export const withHistoryFlags = (command: Command): Command =>
  command
    .addOption(new Option('--link <from:to>', 'the link').argParser(parseLinkFlag).makeOptionMandatory())
    .addOption(new Option('--weekdays <days>', 'on these days, such as mon-fri (default: all)').argParser(weekdaysFlag))
    .addOption(
      new Option('--hours <from-to>', "by the network's clocks, such as 07:00-09:30 (default: all)").argParser(
        hoursFlag,
      ),
    );

export const periodOption = (flag: string, description: string): Option =>
  new Option(`${flag} <from..to>`, description).argParser(periodFlag);

export const windowOf = ({ weekdays = [], hours }: WindowOptions): DayWindow => ({
  weekdays: [...weekdays],
  fromMinute: hours?.fromMinute ?? 0,
  toMinute: hours?.toMinute ?? 0,
});
