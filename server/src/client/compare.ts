import type { Period } from '@tdc/shared/generated/tdc/v1/history.ts';
import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Command } from 'commander';
import { comparisonRecord } from '../records/history-record.ts';
import { comparisonText } from '../report/comparison-section.ts';
import { coverageText, periodText, windowText } from '../report/period-text.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { print } from './formats/row-writer.ts';
import { periodOption, type WindowOptions, windowOf, withHistoryFlags } from './history-flags.ts';
import { measureColumns, measureRows, writeRecord, writeTable } from './stats.ts';

export interface CompareOptions extends WindowOptions {
  readonly link: LinkEnds;
  readonly before: Period;
  readonly after: Period;
}

export function addCompareCommand(program: Command, run: Run): void {
  withHistoryFlags(program.command('compare'))
    .description('by how much a link is slower or faster in one period than in another, and how sure that is')
    .addOption(periodOption('--before', 'first day and the day after the last').makeOptionMandatory())
    .addOption(periodOption('--after', 'the same of the period after').makeOptionMandatory())
    .action((options: CompareOptions, command: Command) => run(command, (context) => compare(context, options)));
}

/** `tdc compare` */
export async function compare(context: ClientContext, options: CompareOptions): Promise<void> {
  const { link, before, after } = options;
  const answer = await ask(context, 'history', context.history.comparePeriods, {
    ...{ link, before, after, window: windowOf(options) },
  });
  const periods = [answer.before, answer.after].flatMap((each) => each ?? []);
  if (context.config.output !== 'table') return writeRecord(context, comparisonRecord(answer));
  await print(context.stdout, `${comparisonText(answer)}\n\n`, context.signal);
  await writeTable(context, measureColumns(['before', 'after']), measureRows(periods));
  for (const period of periods)
    context.stderr.write(`tdc: ${periodText(period)}, ${windowText(answer.window)}: ${coverageText(period)}\n`);
}
