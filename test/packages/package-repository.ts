import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, outcomeOf } from './outcome.ts';

const script = join(import.meta.dirname, '../../deploy/packages/repository.ts');

/** A repository of packages as who hands them out makes it, with keys of gpg of its own. Disposing removes the keys. */
export class PackageRepository implements Disposable {
  readonly folder: string;
  readonly #keys = mkdtempSync(join(tmpdir(), 'tdc-keys-'));

  constructor(folder: string) {
    this.folder = folder;
  }

  makeKey(user: string): void {
    this.#gpg('--quick-generate-key', '--passphrase', '', user, 'ed25519', 'sign', 'never');
  }

  /** Writes the public key, which boxes trust. */
  exportKey(user: string, file: string): void {
    writeFileSync(file, this.#gpg('--armor', '--export', user));
  }

  /** Takes these packages in beside those that are there, and signs the list of all. */
  publish(key: string, ...packages: readonly string[]): void {
    const { code, output } = this.tryToPublish('--key', key, ...packages);
    if (code !== 0) throw new Error(output);
  }

  tryToPublish(...args: readonly string[]): Outcome {
    return outcomeOf(process.execPath, [script, '--out', this.folder, ...args], this.#environment());
  }

  [Symbol.dispose](): void {
    outcomeOf('gpgconf', ['--kill', 'all'], this.#environment());
    rmSync(this.#keys, { recursive: true });
  }

  #gpg(...args: readonly string[]): string {
    const { code, output } = outcomeOf('gpg', ['--batch', '--no-tty', ...args], this.#environment());
    if (code !== 0) throw new Error(output);
    return output;
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, GNUPGHOME: this.#keys };
  }
}
