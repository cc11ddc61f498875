import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Command } from 'commander';
import { advanced, type Custody } from './custody.ts';
import { type OpenCustody, openCustody } from './custody-folder.ts';
import { type PassphraseSource, readPassphrase } from './passphrase.ts';

/** What the commands work with. */
export interface Context {
  readonly folder: string;
  readonly passphrase: PassphraseSource;
  readonly clock: Clock;
  /** What a guess of the passphrase of a new custody costs: N of scrypt. */
  readonly scryptCost: number;
  /** Results. */
  readonly stdout: { write(text: string): unknown };
  /** Remarks to people. */
  readonly stderr: { write(text: string): unknown };
}

export interface GlobalFlags {
  readonly folder: string;
  readonly passphraseFile?: string;
}

/** Gives a command what every one takes; `holds` is what its folder has in it. */
export function addGlobalOptions(command: Command, holds: 'custodian' | 'config-author' = 'custodian'): Command {
  const what = holds === 'custodian' ? 'the custody' : 'the author of configurations';
  return command
    .option('--folder <folder>', what, join(homedir(), '.local', 'share', 'tdc', holds))
    .option('--passphrase-file <file>', 'its first line is the passphrase; without it a terminal is asked');
}

/** Opens the custody and brings its key to the present: what is over goes from the disk at the first use after. */
export async function openAdvanced(
  context: Context,
): Promise<{ readonly open: OpenCustody; readonly custody: Custody; readonly nowMs: number }> {
  const open = await openCustody(context.folder, await readPassphrase(context.passphrase));
  const nowMs = context.clock.nowMs();
  const custody = advanced(open.custody, nowMs);
  const { key: before } = open.custody;
  if (custody.key.epoch !== before.epoch || custody.key.replacement?.fromMs !== before.replacement?.fromMs) {
    open.save(custody);
  }
  return { open, custody, nowMs };
}
