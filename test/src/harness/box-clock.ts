import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faketimeLibrary } from './faketime-library.ts';

/** The clock of a box, and all that is known of it, as the test has it: for programs that run by `command` with `env`. */
export class BoxClock {
  /** Runs a program where the identity of the boot and systemd-timesyncd are the test's. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  #boots = 0;
  #touches = 0;
  #aheadMs = 0;

  constructor(folder: string) {
    this.#folder = folder;
    const unshare = process.getuid?.() === 0 ? ['unshare'] : ['unshare', '--user', '--map-root-user'];
    const bind = 'mount --bind "$0/run" /run && mount --bind "$0/boot-id" /proc/sys/kernel/random/boot_id';
    this.command = [...unshare, '--mount', 'sh', '-c', `${bind} && exec "$@"`, folder];
    this.env = {
      LD_PRELOAD: faketimeLibrary(),
      FAKETIME_TIMESTAMP_FILE: join(folder, 'offset'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** How wrong the clock is. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** The clock is wrong by so many seconds, until it is set. */
  async boot(offsetS: number): Promise<void> {
    this.#boots += 1;
    await mkdir(join(this.#folder, 'run/systemd/timesync'), { recursive: true });
    await rm(this.#synchronisedFile, { force: true });
    await writeFile(join(this.#folder, 'boot-id'), `boot-${this.#boots}\n`);
    await this.set(offsetS);
  }

  /** Somebody sets the clock. */
  async set(offsetS: number): Promise<void> {
    const file = join(this.#folder, 'offset');
    await writeFile(`${file}.new`, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
    await rename(`${file}.new`, file);
    this.#aheadMs = offsetS * 1000;
  }

  /** A time server does, to the right time unless it is wrong itself. */
  async synchronise(offsetS = 0): Promise<void> {
    await this.set(offsetS);
    this.#touches += 1;
    await writeFile(this.#synchronisedFile, '');
    await utimes(this.#synchronisedFile, this.#touches, this.#touches);
  }

  get #synchronisedFile(): string {
    return join(this.#folder, 'run/systemd/timesync/synchronized');
  }
}
