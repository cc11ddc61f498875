import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

/** Rows of one transaction, so that nothing waits long behind it. */
const chunkRows = 2000;

/** Removes events a chunk at a time, letting other work go on between. */
export class EventRemover {
  readonly #file: string;
  readonly #removeChunk: (detectorId: string, beforeId: string, countsAsHistory: boolean) => number;

  constructor({ database, file }: OpenDatabase) {
    this.#file = file;
    const chunkEnd = database.prepare<[string, string, number], { id: string; device: string }>(
      `SELECT id, device_id AS device FROM events WHERE detector_id = ? AND id < ?
       ORDER BY id, device_id LIMIT 1 OFFSET ?`,
    );
    const range = 'detector_id = ? AND (id, device_id) <= (?, ?)';
    const lastSeq = database.prepare<[string, string, string], { seq: number | null }>(
      `SELECT max(seq) AS seq FROM events WHERE ${range}`,
    );
    const remove = database.prepare<[string, string, string]>(`DELETE FROM events WHERE ${range}`);
    const setRemovedSeq = database.prepare<[number]>('UPDATE meta SET removed_seq = max(removed_seq, ?)');
    this.#removeChunk = database.transaction((detectorId: string, beforeId: string, countsAsHistory: boolean) => {
      const end = chunkEnd.get(detectorId, beforeId, chunkRows - 1);
      const key = [detectorId, end?.id ?? beforeId, end?.device ?? ''] as const;
      const seq = lastSeq.get(...key)?.seq ?? null;
      if (seq === null) return 0;
      if (countsAsHistory) setRemovedSeq.run(seq);
      return remove.run(...key).changes;
    }).immediate;
  }

  /**
   * Removes a detector's events with ids before the given one. Returns how many there were. `history` says what a follower
   * that has not seen them yet is owed: with `ends`, an error that tells it so; with `goes-on`, nothing.
   */
  async remove(
    detectorId: string,
    beforeId: string,
    history: 'ends' | 'goes-on',
    signal: AbortSignal,
  ): Promise<number> {
    let removed = 0;
    for (;;) {
      signal.throwIfAborted();
      const rows = guarded(this.#file, 'removing events', () =>
        this.#removeChunk(detectorId, beforeId, history === 'ends'),
      );
      removed += rows;
      if (rows < chunkRows) return removed;
      await yieldToOthers();
    }
  }
}
