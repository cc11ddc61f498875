import { KeyChain, type KeyChainOptions } from '@tdc/shared/key-chain.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';

/** A clock that jumps by more than this is not believed when it comes to destroying the key on disk. */
export const epochsWrittenMax = 400;

export interface KeyKeeperOptions extends KeyChainOptions {
  readonly path: string;
}

/** `in-memory`: the chain is ahead of the file, and the clock is not to be believed enough to destroy the key in it. */
export type Kept = 'unchanged' | 'written' | 'in-memory';

/**
 * The key chain of a running agent and its file. The file follows the chain, so that neither holds a key that is over; except
 * that a clock that may be wrong never destroys the key on disk.
 */
export class KeyKeeper implements Disposable {
  readonly chain: KeyChain;
  readonly #path: string;
  #writtenEpoch: number;
  #writtenPrevious: boolean;

  /** Throws as `readKeyFile` does. */
  constructor({ path, ...options }: KeyKeeperOptions) {
    const state = readKeyFile(path);
    this.#path = path;
    this.chain = new KeyChain(state, options);
    this.#writtenEpoch = state.epoch;
    this.#writtenPrevious = state.previous !== undefined;
    state.key.fill(0);
    state.previous?.key.fill(0);
  }

  /**
   * Brings chain and file to the time. To be called often; cheap when there is nothing to do. Throws UnavailableError when the disk
   * does not take the key; the next call tries again.
   */
  keep(nowMs: number, synchronised: boolean): Kept {
    if (synchronised && this.chain.epoch > this.chain.epochAt(nowMs)) this.#returnToFile();
    this.chain.advanceTo(nowMs);
    const ahead = this.chain.epoch - this.#writtenEpoch;
    if (ahead === 0 && this.#writtenPrevious === this.chain.overlaps) return 'unchanged';
    if (!synchronised || ahead > epochsWrittenMax) return 'in-memory';
    const state = this.chain.snapshot();
    try {
      writeKeyFile(this.#path, state);
    } finally {
      state.key.fill(0);
      state.previous?.key.fill(0);
    }
    this.#writtenEpoch = state.epoch;
    this.#writtenPrevious = state.previous !== undefined;
    return 'written';
  }

  [Symbol.dispose](): void {
    this.chain[Symbol.dispose]();
  }

  /** The clock ran ahead until it was set: the file still holds the key of the present. */
  #returnToFile(): void {
    if (this.chain.epoch > this.#writtenEpoch) this.chain.replaceWith(readKeyFile(this.#path));
  }
}
