import { hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Kind } from './event.ts';
import { type KeyEpochs, keyEpochsOf } from './key-epoch.ts';
import { tagOf } from './pseudonym.ts';

export const keyBytes = 32;

/** A key with the epoch it is for. */
export interface EpochKey {
  readonly epoch: number;
  /** 32 bytes, secret. */
  readonly key: Uint8Array;
}

/** What must be kept of a chain to go on with it. */
export interface KeyChainState extends EpochKey {
  readonly network: string;
  readonly timeZone: string;
  /** The key of an epoch before, kept until the end of the overlap (Unix milliseconds). */
  readonly previous?: EpochKey & { readonly untilMs: number };
  /** A key that has nothing to do with this one, and that takes its place from a time on (Unix milliseconds). */
  readonly replacement?: Replacement;
  /** Sequence of the custodian's letter that has brought the key; none for a key that was made or brought by hand. */
  readonly letter?: number;
}

export type Replacement = EpochKey & { readonly fromMs: number };

export interface KeyChainOptions {
  /** For how long after a change of epoch the previous key is kept. */
  readonly overlapMs: number;
  readonly tagBits: number;
}

/**
 * Makes the pseudonyms of some time. The same object is returned for as long as the same keys hold. Ask for it anew at each
 * time: its keys are destroyed once that time is over.
 */
export interface EpochTags {
  readonly epoch: number;
  /** Of an address in its normal form. */
  tag(kind: Kind, address: string): string;
  /** The pseudonym in the epoch before, during the overlap. */
  previousTag(kind: Kind, address: string): string | undefined;
}

/** What `tagsAt` answers for times from `fromMs` to before `toMs`. */
interface HeldTags {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tags: EpochTags;
}

const ratchetInfo = 'tdc/ratchet/v1';

/** The key of the epoch after: no way leads back from it. */
export const nextKey = (key: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), ratchetInfo, keyBytes));

/** Epochs that are searched for where two chains meet. */
const meetingEpochsMax = 400;

/** Whether two keys are of one chain: the older becomes the newer by and by. */
export function isSameChain(a: EpochKey, b: EpochKey): boolean {
  const [older, newer] = a.epoch <= b.epoch ? [a, b] : [b, a];
  if (newer.epoch - older.epoch > meetingEpochsMax) return false;
  let key = Uint8Array.from(older.key);
  for (let { epoch } = older; epoch < newer.epoch; epoch += 1) {
    const next = nextKey(key);
    key.fill(0);
    key = Uint8Array.from(next);
    next.fill(0);
  }
  const isSame = timingSafeEqual(key, newer.key);
  key.fill(0);
  return isSame;
}

/** Overwrites the keys of a state. */
export function destroyKeys({ key, previous, replacement }: KeyChainState): void {
  for (const each of [key, previous?.key, replacement?.key]) each?.fill(0);
}

/**
 * The keys of a network in this process. Each epoch's key is derived from the one before, which is destroyed (its bytes are
 * overwritten) once the overlap is over. Nothing but `snapshot` gives a key away.
 */
export class KeyChain {
  readonly #options: KeyChainOptions;
  #network: string;
  #epochs: KeyEpochs;
  #current: EpochKey;
  #previous: (EpochKey & { readonly untilMs: number }) | undefined;
  #replacement: Replacement | undefined;
  #letter: number | undefined;
  #destroyed = false;
  #held: HeldTags | undefined;

  /** Copies the keys: the caller's are the caller's to destroy. */
  constructor(state: KeyChainState, options: KeyChainOptions) {
    this.#options = options;
    this.#network = state.network;
    this.#epochs = keyEpochsOf(state.timeZone);
    this.#current = copyOf(state);
    this.#previous = previousOf(state);
    this.#replacement = replacementOf(state);
    this.#letter = state.letter;
  }

  /** The latest epoch reached. */
  get epoch(): number {
    return this.#current.epoch;
  }

  /** Whether the key of an epoch before is kept. */
  get overlaps(): boolean {
    return this.#previous !== undefined;
  }

  /** When another key is to take the place of this one; undefined where none is. */
  get replacedAtMs(): number | undefined {
    return this.#replacement?.fromMs;
  }

  /** Sequence of the custodian's letter that has brought the key. */
  get letter(): number | undefined {
    return this.#letter;
  }

  /** Number of the epoch that a time lies in, whether it is reached or not. */
  epochAt(timeMs: number): number {
    return this.#epochs.at(timeMs);
  }

  /**
   * The pseudonyms of a time, advancing to its epoch first. A time before the oldest key that is kept is given that key, under
   * that key's epoch.
   */
  tagsAt(timeMs: number): EpochTags {
    const held = this.#held;
    if (held !== undefined && timeMs >= held.fromMs && timeMs < held.toMs) return held.tags;
    this.advanceTo(timeMs);
    const now = this.#hold(timeMs);
    this.#held = now;
    return now.tags;
  }

  /** Derives the keys up to the epoch of the time, and destroys what is over by then. True when the keys changed. */
  advanceTo(timeMs: number): boolean {
    if (this.#destroyed) throw new Error('the keys of this chain were destroyed');
    const epoch = this.#epochs.at(timeMs);
    let changed = this.#replaceAt(timeMs);
    if (this.#current.epoch < epoch) {
      changed = true;
      while (this.#current.epoch < epoch) {
        this.#previous?.key.fill(0);
        this.#previous = { ...this.#current, untilMs: Number.POSITIVE_INFINITY };
        this.#current = { epoch: this.#current.epoch + 1, key: nextKey(this.#current.key) };
      }
      const untilMs = this.#epochs.startMs(epoch) + this.#options.overlapMs;
      this.#previous = this.#previous && { ...this.#previous, untilMs };
    }
    if (this.#previous !== undefined && timeMs >= this.#previous.untilMs) {
      this.#previous.key.fill(0);
      this.#previous = undefined;
      changed = true;
    }
    if (changed) this.#held = undefined;
    return changed;
  }

  /** A copy, keys included, to be kept where only this agent can read it. */
  snapshot(): KeyChainState {
    if (this.#destroyed) throw new Error('the keys of this chain were destroyed');
    const previous = this.#previous;
    const replacement = this.#replacement;
    return {
      network: this.#network,
      timeZone: this.#epochs.timeZone,
      ...copyOf(this.#current),
      ...(previous === undefined ? {} : { previous: { ...copyOf(previous), untilMs: previous.untilMs } }),
      ...(replacement === undefined ? {} : { replacement: { ...copyOf(replacement), fromMs: replacement.fromMs } }),
      ...(this.#letter === undefined ? {} : { letter: this.#letter }),
    };
  }

  /** Destroys the keys and goes on with others. */
  replaceWith(state: KeyChainState): void {
    this[Symbol.dispose]();
    this.#destroyed = false;
    this.#network = state.network;
    this.#epochs = keyEpochsOf(state.timeZone);
    this.#current = copyOf(state);
    this.#previous = previousOf(state);
    this.#replacement = replacementOf(state);
    this.#letter = state.letter;
  }

  /** Destroys the keys; no pseudonym can be made afterwards. */
  [Symbol.dispose](): void {
    this.#destroyed = true;
    this.#held = undefined;
    this.#current.key.fill(0);
    this.#previous?.key.fill(0);
    this.#previous = undefined;
    this.#replacement?.key.fill(0);
    this.#replacement = undefined;
  }

  /** The key that is replaced is destroyed at once: who may have it is to learn nothing more. */
  #replaceAt(timeMs: number): boolean {
    const replacement = this.#replacement;
    if (replacement === undefined || timeMs < replacement.fromMs) return false;
    this.#current.key.fill(0);
    this.#previous?.key.fill(0);
    this.#previous = undefined;
    this.#current = { epoch: replacement.epoch, key: replacement.key };
    this.#replacement = undefined;
    return true;
  }

  #hold(timeMs: number): HeldTags {
    const previous = this.#previous;
    const startMs = this.#epochs.startMs(this.#current.epoch);
    if (previous === undefined) {
      // Nothing older is kept, so this key also stands for every time before.
      return { fromMs: Number.NEGATIVE_INFINITY, toMs: this.#endMs(), tags: this.#tags(this.#current, undefined) };
    }
    if (timeMs < startMs) {
      return { fromMs: Number.NEGATIVE_INFINITY, toMs: startMs, tags: this.#tags(previous, undefined) };
    }
    const toMs = Math.min(previous.untilMs, this.#endMs());
    return { fromMs: startMs, toMs, tags: this.#tags(this.#current, previous) };
  }

  #endMs(): number {
    return Math.min(
      this.#epochs.startMs(this.#current.epoch + 1),
      this.#replacement?.fromMs ?? Number.POSITIVE_INFINITY,
    );
  }

  #tags(of: EpochKey, before: EpochKey | undefined): EpochTags {
    const network = this.#network;
    const { tagBits } = this.#options;
    return {
      epoch: of.epoch,
      tag: (kind, address) => tagOf(of.key, network, kind, address, tagBits),
      previousTag: (kind, address) =>
        before === undefined ? undefined : tagOf(before.key, network, kind, address, tagBits),
    };
  }
}

const copyOf = ({ epoch, key }: EpochKey): EpochKey => ({ epoch, key: Uint8Array.from(key) });

const replacementOf = ({ replacement }: KeyChainState): Replacement | undefined =>
  replacement === undefined ? undefined : { ...copyOf(replacement), fromMs: replacement.fromMs };

const previousOf = ({ previous }: KeyChainState): (EpochKey & { readonly untilMs: number }) | undefined =>
  previous === undefined ? undefined : { ...copyOf(previous), untilMs: previous.untilMs };
