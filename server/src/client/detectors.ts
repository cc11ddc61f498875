import { parseDuration } from '@tdc/shared/time-text.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { ask, type ClientContext, type Run } from './context.ts';
import { detectorHealthOf } from './detector-health.ts';
import { detectorView } from './detector-view.ts';
import { writeRows } from './formats/row-writer.ts';

export interface DetectorsOptions {
  /** Duration after which a detector that does not report is silent. */
  readonly silentAfter: string;
}

export function addDetectorsCommand(program: Command, run: Run): void {
  program
    .command('detectors')
    .description('the detectors and how they are, by the last status of their agents')
    .option('--silent-after <duration>', 'a detector without a status for so long is silent', '3m')
    .action((options: DetectorsOptions, command: Command) => run(command, (context) => detectors(context, options)));
}

/** `tdc detectors` */
export async function detectors(context: ClientContext, options: DetectorsOptions): Promise<void> {
  const silentAfterMs = parseDuration(options.silentAfter, { field: '--silent-after' });
  const answer = await ask(context, 'query', context.query.listDetectors, {});
  const nowMs = msFromNs(answer.nowNs);
  await writeRows(
    context,
    detectorView,
    answer.detectors.map((state) => detectorHealthOf(state, nowMs, silentAfterMs)),
  );
}
