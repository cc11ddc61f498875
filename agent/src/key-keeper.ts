import { TdcError } from '@tdc/shared/errors.ts';
import {
  destroyKeys,
  type EpochTags,
  isSameChain,
  KeyChain,
  type KeyChainOptions,
  type KeyChainState,
} from '@tdc/shared/key-chain.ts';
import type { KeyStore } from './key-store.ts';
import type { PseudonymKeys } from './pseudonyms.ts';

/** A clock that jumps by more than this is not believed when it comes to destroying the key in the store. */
export const epochsWrittenMax = 400;

export interface KeyKeeperOptions extends KeyChainOptions {
  readonly store: KeyStore;
}

/** `in-memory`: the chain is ahead of the store, and the clock is not to be believed enough to destroy the key in it. */
export type Kept = 'waiting' | 'unchanged' | 'written' | 'in-memory';

/** What is in the store, without its keys. */
interface Written {
  readonly epoch: number;
  readonly overlaps: boolean;
  readonly replacedAtMs: number | undefined;
}

/**
 * The key chain of a running agent and its store, which may be empty at first. The store follows the chain, so that neither holds a key that is
 * over; except that a clock that may be wrong never destroys the key in the store.
 */
export class KeyKeeper implements PseudonymKeys, Disposable {
  readonly #options: KeyChainOptions;
  readonly #store: KeyStore;
  readonly #arrived = Promise.withResolvers<void>();
  #chain: KeyChain | undefined;
  #written: Written = { epoch: 0, overlaps: false, replacedAtMs: undefined };
  #lack: string | undefined;

  constructor({ store, ...options }: KeyKeeperOptions) {
    this.#store = store;
    this.#options = options;
    this.#look();
  }

  /** Resolves once there is a key. */
  get ready(): Promise<void> {
    return this.#arrived.promise;
  }

  /** Why there is no key; undefined once there is one. */
  get lack(): string | undefined {
    return this.#lack;
  }

  /** The latest epoch reached; 0 while there is no key. */
  get epoch(): number {
    return this.#chain?.epoch ?? 0;
  }

  /** Sequence of the custodian's letter that has brought the key. */
  get letter(): number | undefined {
    return this.#chain?.letter;
  }

  tagsAt(timeMs: number): EpochTags {
    if (this.#chain === undefined) throw new Error('no pseudonym can be made: there is no key yet');
    return this.#chain.tagsAt(timeMs);
  }

  /**
   * Brings chain and store to the time, and looks for a key while there is none. To be called often; cheap when there is nothing to
   * do. Throws UnavailableError when the disk does not take the key; the next call tries again.
   */
  keep(nowMs: number, synchronised: boolean): Kept {
    if (this.#chain === undefined) this.#look();
    const chain = this.#chain;
    if (chain === undefined) return 'waiting';
    if (synchronised && this.#ranAhead(chain, nowMs)) this.#look();
    chain.advanceTo(nowMs);
    const ahead = chain.epoch - this.#written.epoch;
    const { overlaps, replacedAtMs } = this.#written;
    if (ahead === 0 && overlaps === chain.overlaps && replacedAtMs === chain.replacedAtMs) return 'unchanged';
    if (!synchronised || ahead > epochsWrittenMax) return 'in-memory';
    this.#write(chain.snapshot());
    return 'written';
  }

  /**
   * Takes a key that has arrived in place of the one that is there, or of none. One of the same chain leaves the pseudonyms as they are, and
   * brings what is to replace it. Throws UnavailableError, with all as it was, when the store does not take it.
   */
  take(arrived: KeyChainState, nowMs: number, synchronised: boolean): void {
    using chain = new KeyChain(this.#joined(arrived), this.#options);
    if (synchronised) chain.advanceTo(nowMs);
    this.#write(chain.snapshot());
    this.#use(chain.snapshot());
  }

  [Symbol.dispose](): void {
    this.#chain?.[Symbol.dispose]();
  }

  /** The clock ran ahead until it was set: the store still holds the key of the present. */
  #ranAhead(chain: KeyChain, nowMs: number): boolean {
    const { epoch, replacedAtMs = nowMs } = this.#written;
    if (chain.epoch > epoch && chain.epoch > chain.epochAt(nowMs)) return true;
    return nowMs < replacedAtMs && chain.replacedAtMs === undefined;
  }

  /** Goes on with the key in the store; without one, or with one that cannot be used, with the one that there is. */
  #look(): void {
    const found = this.#stored();
    if (typeof found === 'string') {
      if (this.#chain === undefined) this.#lack = found;
      return;
    }
    this.#written = writtenOf(found);
    this.#use(found);
  }

  /** What is in the store, or why it cannot be used. */
  #stored(): KeyChainState | string {
    try {
      return this.#store.read();
    } catch (error) {
      if (!(error instanceof TdcError)) throw error;
      return error.message;
    }
  }

  /** Goes on with a key that is in the store. Destroys the caller's copy. */
  #use(state: KeyChainState): void {
    if (this.#chain === undefined) this.#chain = new KeyChain(state, this.#options);
    else this.#chain.replaceWith(state);
    destroyKeys(state);
    this.#lack = undefined;
    this.#arrived.resolve();
  }

  #joined(arrived: KeyChainState): KeyChainState {
    const stored = this.#stored();
    if (typeof stored === 'string') return arrived;
    const { replacement: _, letter: __, ...kept } = stored;
    if (kept.network !== arrived.network || !isSameChain(kept, arrived)) return arrived;
    const { replacement, letter } = arrived;
    return { ...kept, ...(replacement && { replacement }), ...(letter !== undefined && { letter }) };
  }

  #write(state: KeyChainState): void {
    try {
      this.#store.write(state);
      this.#written = writtenOf(state);
    } finally {
      destroyKeys(state);
    }
  }
}

const writtenOf = ({ epoch, previous, replacement }: KeyChainState): Written => ({
  epoch,
  overlaps: previous !== undefined,
  replacedAtMs: replacement?.fromMs,
});
