import { parseDuration } from '@tdc/shared/time-text.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { type DetectorHealth, silentAfterSecondsDefault } from '../query/detector-health.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { detectorHealthOf } from './detector-health.ts';
import { detectorView } from './detector-view.ts';
import { writeRows } from './formats/row-writer.ts';

export interface SilentAfterOption {
  /** Duration after which a detector that does not report is silent. */
  readonly silentAfter: string;
}

export const addSilentAfterOption = (command: Command): Command =>
  command.option(
    '--silent-after <duration>',
    'a detector without a status for so long is silent',
    `${silentAfterSecondsDefault / 60}m`,
  );

/** Throws InvalidInputError for what is no duration. */
export const silentAfterMsOf = ({ silentAfter }: SilentAfterOption): number =>
  parseDuration(silentAfter, { field: '--silent-after' });

export function addDetectorsCommand(program: Command, run: Run): void {
  const command = program
    .command('detectors')
    .description('the detectors and how they are, by the last status of their agents');
  addSilentAfterOption(command).action((options: SilentAfterOption, command: Command) =>
    run(command, (context) => detectors(context, options)),
  );
}

/** `tdc detectors` */
export async function detectors(context: ClientContext, options: SilentAfterOption): Promise<void> {
  await writeRows(context, detectorView, await queryDetectorHealth(context, options));
}

/** The detectors and how they are, by the server's clock. */
export async function queryDetectorHealth(
  context: ClientContext,
  options: SilentAfterOption,
): Promise<readonly DetectorHealth[]> {
  const silentAfterMs = silentAfterMsOf(options);
  const answer = await ask(context, 'query', context.query.listDetectors, {});
  const nowMs = msFromNs(answer.nowNs);
  return answer.detectors.map((state) => detectorHealthOf(state, nowMs, silentAfterMs));
}
