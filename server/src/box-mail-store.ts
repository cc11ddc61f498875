import type { LetterWord } from '@tdc/shared/signed-letter.ts';

/** A letter on its way to a box. The server can change nothing of it, and read no key in it. */
export interface StoredLetter {
  readonly detectorId: string;
  readonly kind: LetterWord;
  /** Rises with each letter of one author, from 1. */
  readonly sequence: number;
  /** Signed. */
  readonly body: Uint8Array;
  /** By the server's clock, Unix milliseconds. */
  readonly putAtMs: number;
}

/** The public key that letters to a box are sealed to. */
export interface BoxKey {
  readonly detectorId: string;
  readonly publicKey: Uint8Array;
  /** By the server's clock, Unix milliseconds. */
  readonly putAtMs: number;
}

/** Port: letters to boxes, at most one of each kind for a detector, and the public keys of boxes. Both go with their detector. */
export interface BoxMailStore {
  /** Replaces the key of the detector it names. Throws PreconditionError when that is unknown. */
  putBoxKey(key: BoxKey, signal: AbortSignal): Promise<void>;
  /** By detector id, rising. */
  boxKeys(signal: AbortSignal): Promise<readonly BoxKey[]>;
  /** The key of one detector's box; undefined where there is none. */
  boxKey(detectorId: string, signal: AbortSignal): Promise<BoxKey | undefined>;
  /**
   * Keeps a letter in place of the one of its kind. Throws PreconditionError, having changed nothing, when the detector is unknown, or when
   * the letter there has the same sequence or a higher one and another body. The same letter again changes nothing.
   */
  putLetter(letter: StoredLetter, signal: AbortSignal): Promise<void>;
  /** By detector id, then kind, rising; of one detector, or of all. */
  letters(detectorId: string | undefined, signal: AbortSignal): Promise<readonly StoredLetter[]>;
  /** Removes the letter of the kind if its sequence is not above the one given. Idempotent. */
  removeLetter(letter: Pick<StoredLetter, 'detectorId' | 'kind' | 'sequence'>, signal: AbortSignal): Promise<void>;
  /** Removes the letters that were put before a time, Unix milliseconds. Idempotent. */
  removeLettersBefore(timeMs: number, signal: AbortSignal): Promise<void>;
}
