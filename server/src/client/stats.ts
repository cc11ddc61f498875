import type { DaySummary, Period, PeriodStatistics, SlotSummary } from '@tdc/shared/generated/tdc/v1/history.ts';
import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type Command, Option } from 'commander';
import type { Row } from '../formats/row.ts';
import { statisticsRecord, timeOfDay, weekdayName } from '../records/history-record.ts';
import { coverageText, periodText, windowText } from '../report/period-text.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { periodOption, type WindowOptions, windowOf, withHistoryFlags } from './history-flags.ts';
import { secondsText } from './times.ts';

export interface StatsOptions extends WindowOptions {
  readonly link: LinkEnds;
  readonly period?: Period;
  readonly by?: 'time' | 'day';
}

const secondsOrGap = (seconds: number | undefined): string => (seconds === undefined ? '-' : secondsText(seconds));

const slotColumns: View<SlotSummary>['columns'] = [
  { title: 'time', text: ({ minute }) => timeOfDay(minute) },
  { title: 'days', text: ({ days }) => String(days), align: 'right' },
  { title: 'median', text: ({ medianSeconds }) => secondsOrGap(medianSeconds), align: 'right' },
  { title: '80 %', text: ({ p80Seconds }) => secondsOrGap(p80Seconds), align: 'right' },
  { title: '95 %', text: ({ p95Seconds }) => secondsOrGap(p95Seconds), align: 'right' },
];
const dayColumns: View<DaySummary>['columns'] = [
  { title: 'day', text: ({ date }) => date },
  { title: '', text: ({ weekday }) => weekdayName(weekday) },
  { title: 'observed', text: ({ slotsObserved }) => `${slotsObserved}`, align: 'right' },
  { title: 'mean', text: ({ meanSeconds }) => secondsOrGap(meanSeconds), align: 'right' },
];

/** The measures of one period or two, a line each. */
export function measureRows(periods: readonly PeriodStatistics[]): readonly (readonly string[])[] {
  type Reliability = NonNullable<PeriodStatistics['reliability']>;
  const row = (name: string, text: (of: Reliability) => string) => [
    name,
    ...periods.map(({ reliability }) => (reliability === undefined ? '-' : text(reliability))),
  ];
  return [
    row('mean', ({ meanSeconds }) => secondsText(meanSeconds)),
    row('median', ({ p50Seconds }) => secondsText(p50Seconds)),
    row('80th percentile', ({ p80Seconds }) => secondsText(p80Seconds)),
    row('90th percentile', ({ p90Seconds }) => secondsText(p90Seconds)),
    row('95th percentile', ({ p95Seconds }) => secondsText(p95Seconds)),
    row('free flow', (of) => `${secondsText(of.freeFlowSeconds)} ${of.freeFlowGiven ? 'given' : 'learned'}`),
    row('buffer index', ({ bufferIndex }) => bufferIndex.toFixed(2)),
    row('planning time index', ({ planningTimeIndex }) => planningTimeIndex.toFixed(2)),
    row('travel time index', ({ travelTimeIndex }) => travelTimeIndex.toFixed(2)),
    row('level of reliability', ({ levelOfTravelTimeReliability }) => levelOfTravelTimeReliability.toFixed(2)),
  ];
}

export function addStatsCommand(program: Command, run: Run): void {
  withHistoryFlags(program.command('stats'))
    .description('how reliable a link was in a period: percentiles, indices, and what was not observed')
    .addOption(periodOption('--period', 'first day and the day after the last (default: the eight weeks before today)'))
    .addOption(new Option('--by <what>', 'a line a time of day or a day, for people').choices(['time', 'day']))
    .action((options: StatsOptions, command: Command) => run(command, (context) => stats(context, options)));
}

/** `tdc stats` */
export async function stats(context: ClientContext, options: StatsOptions): Promise<void> {
  const { link, period, by } = options;
  const answer = await ask(context, 'history', context.history.getStatistics, {
    ...{ link, period, window: windowOf(options) },
  });
  const { statistics } = answer;
  if (context.config.output !== 'table' || statistics === undefined) {
    await writeRecord(context, statisticsRecord(answer));
    return;
  }
  if (by === 'time') await writeTable(context, slotColumns, statistics.slots);
  else if (by === 'day') await writeTable(context, dayColumns, statistics.days);
  else await writeTable(context, measureColumns(['']), measureRows([statistics]));
  context.stderr.write(`tdc: ${periodText(statistics)}, ${windowText(answer.window)}: ${coverageText(statistics)}\n`);
}

/** A column for the name and one for each period. */
export const measureColumns = (titles: readonly string[]): View<readonly string[]>['columns'] => [
  { title: '', text: ([name = '']) => name },
  ...titles.map((title, index) => ({
    title,
    text: (row: readonly string[]) => row[index + 1] ?? '',
    align: 'right' as const,
  })),
];

export const writeTable = <T>(context: ClientContext, columns: View<T>['columns'], rows: readonly T[]): Promise<void> =>
  writeRows(context, { columns, fields: [], record: () => ({}) }, rows);

/** One row for programs. */
export const writeRecord = (context: ClientContext, record: Row): Promise<void> =>
  writeRows(context, { columns: [], fields: Object.keys(record), record: (each: Row) => each }, [record]);
