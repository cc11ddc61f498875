import { PreconditionError } from '@tdc/shared/errors.ts';
import type { Database } from 'better-sqlite3';
import type { BoxKey, BoxMailStore, StoredLetter } from '../../box-mail-store.ts';
import { replacementOf, unknownDetector } from '../letter-replacement.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

export class SqliteBoxMailStore implements BoxMailStore {
  readonly #file: string;
  readonly #knows: (detectorId: string) => boolean;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, file }: OpenDatabase, knows: (detectorId: string) => boolean) {
    this.#file = file;
    this.#knows = knows;
    this.#statements = prepare(database);
  }

  async putBoxKey({ detectorId, publicKey, putAtMs }: BoxKey, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#knows(detectorId)) throw unknownDetector(detectorId, 'detector_id');
    guarded(this.#file, 'storing the key of a box', () =>
      this.#statements.putBoxKey.run(detectorId, publicKey, putAtMs),
    );
  }

  async boxKeys(signal: AbortSignal): Promise<readonly BoxKey[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading the keys of boxes', () => this.#statements.boxKeys.all()).map(boxKeyOf);
  }

  async boxKey(detectorId: string, signal: AbortSignal): Promise<BoxKey | undefined> {
    signal.throwIfAborted();
    const row = guarded(this.#file, 'reading the key of a box', () => this.#statements.boxKey.get(detectorId));
    return row && boxKeyOf(row);
  }

  async putLetter(letter: StoredLetter, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#knows(letter.detectorId)) throw unknownDetector(letter.detectorId, 'letter.detector_id');
    guarded(this.#file, 'storing a letter', () => this.#statements.putLetter(letter));
  }

  async letters(detectorId: string | undefined, signal: AbortSignal): Promise<readonly StoredLetter[]> {
    signal.throwIfAborted();
    const { letters, lettersOf } = this.#statements;
    return guarded(this.#file, 'reading letters', () =>
      detectorId === undefined ? letters.all() : lettersOf.all(detectorId),
    ).map(letterOf);
  }

  async removeLetter(
    { detectorId, kind, sequence }: Pick<StoredLetter, 'detectorId' | 'kind' | 'sequence'>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'removing a letter', () => this.#statements.removeLetter.run(detectorId, kind, sequence));
  }

  async removeLettersBefore(timeMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'removing letters', () => this.#statements.removeLettersBefore.run(timeMs));
  }
}

function prepare(database: Database) {
  const columns = 'detector_id AS detectorId, kind, sequence, body, put_at_ms AS putAtMs';
  const letterAt = database.prepare<[string, string], StoredLetter>(
    `SELECT ${columns} FROM letters WHERE detector_id = ? AND kind = ?`,
  );
  const replaceLetter = database.prepare(
    'INSERT OR REPLACE INTO letters (detector_id, kind, sequence, body, put_at_ms) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    putBoxKey: database.prepare(
      'INSERT OR REPLACE INTO box_keys (detector_id, public_key, put_at_ms) VALUES (?, ?, ?)',
    ),
    boxKeys: database.prepare<[], BoxKey>(
      'SELECT detector_id AS detectorId, public_key AS publicKey, put_at_ms AS putAtMs FROM box_keys ORDER BY detector_id',
    ),
    boxKey: database.prepare<[string], BoxKey>(
      'SELECT detector_id AS detectorId, public_key AS publicKey, put_at_ms AS putAtMs FROM box_keys WHERE detector_id = ?',
    ),
    putLetter: database.transaction((letter: StoredLetter) => {
      const { detectorId, kind, sequence, body, putAtMs } = letter;
      const replacement = replacementOf(letterAt.get(detectorId, kind), letter);
      if (replacement instanceof PreconditionError) throw replacement;
      if (replacement === 'new') replaceLetter.run(detectorId, kind, sequence, body, putAtMs);
    }).immediate,
    letters: database.prepare<[], StoredLetter>(`SELECT ${columns} FROM letters ORDER BY detector_id, kind`),
    lettersOf: database.prepare<[string], StoredLetter>(
      `SELECT ${columns} FROM letters WHERE detector_id = ? ORDER BY kind`,
    ),
    removeLetter: database.prepare('DELETE FROM letters WHERE detector_id = ? AND kind = ? AND sequence <= ?'),
    removeLettersBefore: database.prepare('DELETE FROM letters WHERE put_at_ms < ?'),
  };
}

/** Bytes as others have them too, and not the database's own kind. */
const boxKeyOf = (row: BoxKey): BoxKey => ({ ...row, publicKey: Uint8Array.from(row.publicKey) });
const letterOf = (row: StoredLetter): StoredLetter => ({ ...row, body: Uint8Array.from(row.body) });
