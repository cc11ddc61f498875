import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { isLetterWord } from '@tdc/shared/signed-letter.ts';
import { z } from 'zod';
import type { BoxKey, BoxMailStore, StoredLetter } from '../../box-mail-store.ts';
import { replacementOf, unknownDetector } from '../letter-replacement.ts';
import { type EtcdConnection, exists, type Pair, put, remove, unchangedSince } from './connection.ts';
import { jsonOf } from './event-value.ts';
import type { KeyRange, Keys } from './keys.ts';

const bytes = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const boxKeySchema = z.object({ public_key: bytes, put_at_ms: z.number() });
const letterSchema = z.object({ sequence: z.int(), body: bytes, put_at_ms: z.number() });
const pageKeys = 100;
/** Tries of a letter that others overtake. */
const triesMax = 20;

export class EtcdBoxMailStore implements BoxMailStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async putBoxKey({ detectorId, publicKey, putAtMs }: BoxKey, signal: AbortSignal): Promise<void> {
    const value = JSON.stringify({ public_key: base64(publicKey), put_at_ms: putAtMs });
    const { succeeded } = await this.#connection.transact(
      { compare: [exists(this.#keys.registry(detectorId))], success: [put(this.#keys.boxKey(detectorId), value)] },
      signal,
    );
    if (!succeeded) throw unknownDetector(detectorId, 'detector_id');
  }

  async boxKeys(signal: AbortSignal): Promise<readonly BoxKey[]> {
    const pairs = await this.#connection.all(this.#keys.family('box-keys'), pageKeys, signal);
    return pairs.flatMap((pair) => this.#boxKeyOf(pair) ?? []);
  }

  async boxKey(detectorId: string, signal: AbortSignal): Promise<BoxKey | undefined> {
    const pair = await this.#connection.get(this.#keys.boxKey(detectorId), signal);
    return pair && this.#boxKeyOf(pair);
  }

  async putLetter(letter: StoredLetter, signal: AbortSignal): Promise<void> {
    const { detectorId, kind, sequence, body, putAtMs } = letter;
    const registry = this.#keys.registry(detectorId);
    const key = this.#keys.letter(detectorId, kind);
    const value = JSON.stringify({ sequence, body: base64(body), put_at_ms: putAtMs });
    for (let tries = 0; tries < triesMax; tries++) {
      const there = await this.#connection.get(key, signal);
      const replacement = replacementOf(there && this.#letterOf(there), letter);
      if (replacement instanceof PreconditionError) throw replacement;
      if (replacement === 'same') return;
      const compare = [exists(registry), unchangedSince(key, there?.modRevision ?? 0n)];
      if ((await this.#connection.transact({ compare, success: [put(key, value)] }, signal)).succeeded) return;
      if ((await this.#connection.get(registry, signal)) === undefined) {
        throw unknownDetector(detectorId, 'letter.detector_id');
      }
    }
    throw new UnavailableError(
      `letters to ${detectorId} are being changed by others: given up after ${triesMax} tries`,
    );
  }

  async letters(detectorId: string | undefined, signal: AbortSignal): Promise<readonly StoredLetter[]> {
    const range = this.#keys.family(detectorId === undefined ? 'letters' : `letters/${detectorId}`);
    return (await this.#lettersIn(range, signal)).map(({ letter }) => letter);
  }

  async removeLetter(
    { detectorId, kind, sequence }: Pick<StoredLetter, 'detectorId' | 'kind' | 'sequence'>,
    signal: AbortSignal,
  ): Promise<void> {
    const pair = await this.#connection.get(this.#keys.letter(detectorId, kind), signal);
    const letter = pair && this.#letterOf(pair);
    if (pair !== undefined && letter !== undefined && letter.sequence <= sequence) await this.#remove(pair, signal);
  }

  async removeLettersBefore(timeMs: number, signal: AbortSignal): Promise<void> {
    for (const { pair, letter } of await this.#lettersIn(this.#keys.family('letters'), signal)) {
      if (letter.putAtMs < timeMs) await this.#remove(pair, signal);
    }
  }

  async #lettersIn(
    range: KeyRange,
    signal: AbortSignal,
  ): Promise<readonly { readonly pair: Pair; readonly letter: StoredLetter }[]> {
    const pairs = await this.#connection.all(range, pageKeys, signal);
    return pairs.flatMap((pair) => {
      const letter = this.#letterOf(pair);
      return letter === undefined ? [] : [{ pair, letter }];
    });
  }

  /** One that was replaced meanwhile stays. */
  async #remove({ key, modRevision }: Pair, signal: AbortSignal): Promise<void> {
    await this.#connection.transact({ compare: [unchangedSince(key, modRevision)], success: [remove(key)] }, signal);
  }

  #boxKeyOf({ key, value }: Pair): BoxKey | undefined {
    const [detectorId = ''] = this.#keys.parts('box-keys', key);
    const { data } = boxKeySchema.safeParse(jsonOf(value));
    return data && { detectorId, publicKey: data.public_key, putAtMs: data.put_at_ms };
  }

  #letterOf({ key, value }: Pair): StoredLetter | undefined {
    const [detectorId = '', kind] = this.#keys.parts('letters', key);
    const { data } = letterSchema.safeParse(jsonOf(value));
    // One of a newer version is none of ours.
    if (data === undefined || !isLetterWord(kind)) return undefined;
    return { detectorId, kind, sequence: data.sequence, body: data.body, putAtMs: data.put_at_ms };
  }
}

const base64 = (of: Uint8Array): string => Buffer.from(of).toString('base64');
