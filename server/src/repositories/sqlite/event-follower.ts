import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { InvalidInputError, OutOfRangeError, UnavailableError } from '@tdc/shared/errors.ts';
import { quoted } from '@tdc/shared/wire.ts';
import type { Statement } from 'better-sqlite3';
import type { CommittedEvents } from '../../repository.ts';
import { type EventRow, eventColumns, eventOfRow, rowSeq } from './event-row.ts';
import { guarded } from './faults.ts';
import type { FileLock, OpenDatabase } from './open.ts';

/** Events handed over at a time. */
const pageEventsMax = 512;
/** How often events are looked for that another thread writes. */
const lookEveryMs = 100;
/** Identity of the file and number of the last event seen in it. */
const cursorPattern = /^([0-9a-f]{12})-([0-9]{1,15})$/;

interface History {
  readonly storeId: string;
  readonly lastSeq: number;
  /** The highest number among the events that retention removed. */
  readonly removedSeq: number;
}

/**
 * Reads events in the order of their commits. A follower keeps nothing but its place: it is woken by a commit and reads
 * on from the file, so a slow one costs no memory.
 */
export class EventFollower {
  readonly #file: string;
  readonly #page: Statement<[number, number], EventRow>;
  readonly #history: Statement<[], History>;
  readonly #waiting = new Set<() => void>();
  readonly #lock: FileLock;
  #state: 'open' | 'closed' = 'open';

  constructor({ database, file, lock }: OpenDatabase) {
    this.#file = file;
    this.#lock = lock;
    this.#page = database
      .prepare<[number, number], EventRow>(
        `SELECT ${eventColumns.join(', ')} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`,
      )
      .raw();
    this.#history = database.prepare(
      'SELECT store_id AS storeId, last_seq AS lastSeq, removed_seq AS removedSeq FROM meta',
    );
  }

  async *follow(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<CommittedEvents> {
    let seq = cursor === undefined ? undefined : seqOf(cursor, this.#readHistory());
    for (let pages = 0; ; pages++) {
      signal.throwIfAborted();
      const read = this.#read(seq);
      seq = read.seq;
      if (read.page.events.length > 0 || pages === 0) {
        yield read.page;
        await yieldToOthers();
      } else {
        await this.#nextCommit(signal);
      }
    }
  }

  /** Wakes all followers. */
  committed(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Every follower ends with UnavailableError. */
  close(): void {
    this.#state = 'closed';
    this.committed();
  }

  #readHistory(): History {
    if (this.#state === 'closed') throw new UnavailableError(`${this.#file} is closed`);
    const history = guarded(this.#file, 'reading', () => this.#history.get());
    if (history === undefined) throw new UnavailableError(`${this.#file} is damaged: its table meta is empty`);
    return history;
  }

  #read(afterSeq: number | undefined): { readonly page: CommittedEvents; readonly seq: number } {
    const history = this.#readHistory();
    const after = afterSeq ?? history.lastSeq;
    if (after < history.removedSeq) {
      throw new OutOfRangeError('events that were committed after this cursor have been removed', { field: 'cursor' });
    }
    const rows = guarded(this.#file, 'reading events', () => this.#page.all(after, pageEventsMax));
    const last = rows.at(-1);
    const seq = last === undefined ? after : rowSeq(last);
    return { page: { events: rows.map(eventOfRow), cursor: `${history.storeId}-${seq}` }, seq };
  }

  /** Nothing can be missed: no commit of this thread happens between a read and this call, which share one turn of the event loop. */
  #nextCommit(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', stop);
        clearTimeout(look);
        outcome();
      };
      const wake = () => settle(resolve);
      const stop = () => settle(() => reject(signal.reason));
      const look = this.#lock === 'held' ? setTimeout(wake, lookEveryMs) : undefined;
      this.#waiting.add(wake);
      signal.addEventListener('abort', stop);
    });
  }
}

function seqOf(cursor: string, { storeId, lastSeq }: History): number {
  const [, id, digits] = cursorPattern.exec(cursor) ?? [];
  if (id === undefined || digits === undefined) {
    throw new InvalidInputError(`${quoted(cursor)} is no cursor: expected one that an earlier answer gave`, {
      field: 'cursor',
    });
  }
  const seq = Number(digits);
  if (id !== storeId || seq > lastSeq) {
    throw new OutOfRangeError('the cursor is of another database file', { field: 'cursor' });
  }
  return seq;
}
