import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Room put aside on the disk. Removing events takes room too, for the log of the change: without this, an outbox that has
 * filled its disk could never be emptied.
 */
export class DiskReserve {
  readonly #file: string;
  readonly #bytes: number;

  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Puts the room aside if it is not, and if the disk has twice as much. A disk that refuses has none to put aside. */
  keep(): void {
    if (statSync(this.#file, { throwIfNoEntry: false })?.size === this.#bytes) return;
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      if (bavail * bsize >= 2 * this.#bytes) writeFileSync(this.#file, Buffer.alloc(this.#bytes), { mode: 0o600 });
    } catch {
      // Half a reserve takes room and is not enough for anything.
      this.release();
    }
  }

  /** Gives the room back; false when there was none. */
  release(): boolean {
    const there = statSync(this.#file, { throwIfNoEntry: false }) !== undefined;
    if (there) rmSync(this.#file, { force: true });
    return there;
  }
}
