import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './program.ts';

/** An author of configurations, whose program is run once for each thing that is signed. */
export class ConfigAuthor {
  /** What `config.author` of the boxes is to be. */
  readonly fingerprint: string;
  readonly #directory: string;
  readonly #name: string;
  readonly #flags: readonly string[];
  #files = 0;

  private constructor(directory: string, name: string, flags: readonly string[], fingerprint: string) {
    this.#directory = directory;
    this.#name = name;
    this.#flags = flags;
    this.fingerprint = fingerprint;
  }

  static async begin(directory: string, name = 'config-author'): Promise<ConfigAuthor> {
    const passphraseFile = join(directory, `${name}-passphrase`);
    await writeFile(passphraseFile, `the passphrase of ${name}\n`, { mode: 0o600 });
    const flags = ['--folder', join(directory, name), '--passphrase-file', passphraseFile];
    const made = await runProgram('tdc-custodian', ['config', 'init', ...flags], { directory });
    const fingerprint = /boxes: (\S+)/.exec(made.stdout)?.[1];
    if (fingerprint === undefined) throw new Error(made.describe());
    return new ConfigAuthor(directory, name, flags, fingerprint);
  }

  /** The file with letters of one number, for `tdc letters send`. */
  async sign(settings: string, ...detectorIds: readonly string[]): Promise<string> {
    this.#files += 1;
    const file = (what: string) => join(this.#directory, `${this.#name}-${this.#files}.${what}`);
    await writeFile(file('yaml'), settings);
    const args = ['config', 'sign', file('yaml'), ...detectorIds, ...this.#flags];
    const signed = await runProgram('tdc-custodian', args, { directory: this.#directory });
    if (signed.code !== 0) throw new Error(signed.describe());
    await writeFile(file('ndjson'), signed.stdout);
    return file('ndjson');
  }
}
