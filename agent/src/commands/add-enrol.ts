import type { Clock } from '@tdc/shared/clock.ts';
import { addConfigOptions, type Resolved } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Command } from 'commander';
import { stateDirOf } from '../config.ts';
import type { AgentOptionTable } from '../config-options.ts';
import { identityFileOf } from '../enrolment/identity-option.ts';
import { configurationFileIn } from '../state-dir.ts';

export interface EnrolSurroundings {
  readonly options: AgentOptionTable;
  /** What is configured, without an identity: that is made here. */
  readonly resolved: (command: Command) => Resolved<AgentOptionTable>;
  readonly stateHome: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export function addEnrol(program: Command, { options, resolved, stateHome, clock, signal }: EnrolSurroundings): void {
  const command = program
    .command('enrol')
    .description('make this box a detector, with the token that "tdc enrol create" printed')
    .argument('[token]', 'the token, or - for standard input; asked for when it is missing')
    .option('--file <file>', 'the token is in this file, which goes once it is used; without the file, do nothing');
  addConfigOptions(command, options).action(async (token: string | undefined, { file }: { file?: string }) => {
    if (token !== undefined && file !== undefined)
      throw new InvalidInputError('--file and a token: expected one of them', { field: '--file' });
    const { stdin, stdout, stderr } = process;
    const { values } = resolved(command);
    const identityFile = identityFileOf(values, stateHome);
    const stateDir = values.state_dir;
    const configurationFileOf = (detectorId: string) =>
      configurationFileIn(stateDirOf({ given: { detectorId, ...(stateDir && { stateDir }) }, stateHome }));
    const context = { identityFile, configurationFileOf, clock, signal, stdin, stdout, stderr };
    const { enrol, enrolFromFile } = await import('./enrol.ts');
    await (file === undefined ? enrol(context, token) : enrolFromFile(context, file));
  });
}
