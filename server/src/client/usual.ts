import type { UsualSlot } from '@tdc/shared/generated/tdc/v1/history.ts';
import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type Command, Option } from 'commander';
import { weekdayNames } from '../history/calendar.ts';
import { weeksMax } from '../query/history-fields.ts';
import { timeOfDay, usualRecord } from '../records/history-record.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { numberFlag } from './flags.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { parseLinkFlag } from './link-flag.ts';
import { secondsText } from './times.ts';

export interface UsualOptions {
  readonly link: LinkEnds;
  readonly weeks?: number;
}

/** A quarter of an hour of all weekdays. */
type TimeOfDay = ReadonlyMap<number, UsualSlot>;

/** For people: a line a quarter of an hour, a column a weekday. */
const columns: View<TimeOfDay>['columns'] = [
  { title: 'time', text: (slots) => timeOfDay([...slots.values()][0]?.minute ?? 0) },
  ...weekdayNames.map((title, index) => ({
    ...{ title, align: 'right' as const },
    text: (slots: TimeOfDay) => {
      const seconds = slots.get(index + 1)?.medianSeconds;
      return seconds === undefined ? '-' : secondsText(seconds);
    },
  })),
];

export function addUsualCommand(program: Command, run: Run): void {
  program
    .command('usual')
    .description('what is usual for a link, by weekday and time of day: the median of past weeks')
    .addOption(new Option('--link <from:to>', 'the link').argParser(parseLinkFlag).makeOptionMandatory())
    .addOption(
      new Option('--weeks <number>', 'learned from so many weeks before today (default: 8)').argParser(
        numberFlag({ min: 1, max: weeksMax, whole: true }),
      ),
    )
    .action((options: UsualOptions, command: Command) => run(command, (context) => usual(context, options)));
}

/** `tdc usual` */
export async function usual(context: ClientContext, { link, weeks = 0 }: UsualOptions): Promise<void> {
  const answer = await ask(context, 'history', context.history.getUsual, { link, weeks, toDate: '' });
  if (context.config.output !== 'table') {
    const rows = usualRecord(answer).slots;
    const fields = ['weekday', 'time_from', 'basis', 'days', 'median_seconds', 'low_seconds', 'high_seconds'];
    await writeRows(context, { columns: [], fields, record: (each: (typeof rows)[number]) => each }, rows);
    return;
  }
  const times = [...Map.groupBy(answer.slots, ({ minute }) => minute).values()]
    .filter((slots) => slots.some(({ medianSeconds }) => medianSeconds !== undefined))
    .map((slots) => new Map(slots.map((each) => [each.weekday, each])));
  await writeRows(context, { columns, fields: [], record: () => ({}) }, times);
  const { period, coverage, timeZone } = answer;
  context.stderr.write(
    `tdc: of ${period?.fromDate} to before ${period?.toDate} (${timeZone}), ${coverage?.daysObserved} of ${coverage?.days} days observed; -: fewer than four days\n`,
  );
}
