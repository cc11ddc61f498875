import { writeFileSync } from 'node:fs';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Command } from 'commander';
import { reportPage } from '../report/report.ts';
import { reportStyle } from '../report/report-style.ts';
import type { CompareOptions } from './compare.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { print } from './formats/row-writer.ts';
import { periodOption, windowOf, withHistoryFlags } from './history-flags.ts';
import type { StatsOptions } from './stats.ts';

export interface ReportOptions extends Omit<StatsOptions, 'by'>, Partial<Pick<CompareOptions, 'before'>> {
  readonly out?: string;
}

export function addReportCommand(program: Command, run: Run): void {
  withHistoryFlags(program.command('report'))
    .description('the history of a link as one HTML file with plots, to be printed or sent')
    .addOption(periodOption('--period', 'first day and the day after the last (default: the eight weeks before today)'))
    .addOption(periodOption('--before', 'compare with this period'))
    .option('--out <file>', 'where to write it (default: standard output)')
    .action((options: ReportOptions, command: Command) => run(command, (context) => report(context, options)));
}

/** `tdc report` */
export async function report(context: ClientContext, options: ReportOptions): Promise<void> {
  const { link, period, before, out } = options;
  const { query, history, clock, stdout, signal } = context;
  const window = windowOf(options);
  const statistics = await ask(context, 'history', history.getStatistics, { link, period, window });
  const usual = await ask(context, 'history', history.getUsual, { link, weeks: 0, toDate: '' });
  const after = statistics.statistics?.period;
  const comparison =
    before === undefined
      ? undefined
      : await ask(context, 'history', history.comparePeriods, { link, before, after, window });
  const { detectors } = await ask(context, 'query', query.listDetectors, {});
  const nameOf = (id: string) => detectors.find(({ detector }) => detector?.id === id)?.detector?.name ?? '';
  const page = reportPage({
    ...{ ends: link, statistics, usual, comparison, madeAtMs: clock.nowMs(), style: { text: reportStyle } },
    names: [nameOf(link.fromDetectorId), nameOf(link.toDetectorId)],
  });
  if (out === undefined) return print(stdout, page, signal);
  try {
    writeFileSync(out, page);
  } catch (error) {
    throw new InvalidInputError(`--out ${out}: ${error instanceof Error ? error.message : error}`, {
      field: '--out',
      cause: error,
    });
  }
}
