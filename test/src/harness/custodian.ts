import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './program.ts';

/** A key custodian with a custody of its own, whose program is run once for each thing that is done. */
export class Custodian {
  readonly folder: string;
  /** What `key.custodian` of the boxes is to be. */
  fingerprint = '';
  readonly #directory: string;
  readonly #flags: readonly string[];

  private constructor(directory: string, folder: string, passphraseFile: string) {
    this.#directory = directory;
    this.folder = folder;
    this.#flags = ['--folder', folder, '--passphrase-file', passphraseFile];
  }

  /** Makes the custody of a network. */
  static async begin(directory: string, name = 'custodian'): Promise<Custodian> {
    const passphraseFile = join(directory, `${name}-passphrase`);
    await writeFile(passphraseFile, `the passphrase of ${name}\n`, { mode: 0o600 });
    const custodian = new Custodian(directory, join(directory, name), passphraseFile);
    const made = await custodian.done('init', '--network', 'city', '--time-zone', 'UTC');
    custodian.fingerprint = /boxes: (\S+)/.exec(made)?.[1] ?? '';
    return custodian;
  }

  run(...args: readonly string[]) {
    return runProgram('tdc-custodian', [...args, ...this.#flags], { directory: this.#directory });
  }

  /** Runs what must not fail; resolves to what it printed. */
  async done(...args: readonly string[]): Promise<string> {
    const ran = await this.run(...args);
    if (ran.code !== 0) throw new Error(ran.describe());
    return ran.stdout;
  }
}
