import { UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Database } from 'better-sqlite3';
import type { DropReason, Outbox, OutboxCounts, OutboxEntry, OutboxRange } from '../outbox.ts';
import { isWaiting, type Released, type WaitingEntry, type WaitingEvent, type WaitingRoom } from '../waiting-room.ts';
import { DiskReserve } from './disk-reserve.ts';
import { faultOf, isFull } from './sqlite-faults.ts';
import { openFile, type Recovery } from './sqlite-file.ts';
import { type Counters, readCounters } from './sqlite-schema.ts';
import { type EventRows, eventRows, type WaitingRows, waitingRows } from './sqlite-statements.ts';

export interface SqliteOutboxOptions {
  readonly file: string;
  /**
   * Limit of the pages in use, at least 64 KiB. On top come the write-ahead log, at most 16 MiB at rest, and the reserve
   * of 8 MiB.
   */
  readonly bytesMax: number;
  readonly nowMs: () => number;
  /** Called when a damaged file was moved aside. */
  readonly onRecovered: (recovery: Recovery) => void;
}

export const outboxBytesMaxMin = 64 * 1024;
/** Rows between two looks at the size: what a transaction may exceed the limit by before it drops. */
const appendChunkRows = 200;
/** Rows given up at a time when the limit is reached, so that not every append has to: 1000, or an eighth of a small outbox. */
const dropRowsMax = 1000;
const dropRowsMin = 32;
/** Rows given up in one transaction when a file is opened with a limit below its size. */
const trimRowsMax = 20_000;
/** SQLite's own limit stands above ours by more than a chunk takes, and stops a file that grows against all reason. */
const backstopPages = 256;
/** More than a checkpoint and a transaction after it take. */
const reserveBytesMax = 8 * 1024 * 1024;

const noCounters: Counters = {
  counts: {
    made: 0,
    acknowledged: 0,
    stored: 0,
    waiting: 0,
    dropped: { overflow: 0, disk_full: 0, rejected: 0, corrupt: 0, never_synchronised: 0 },
  },
  lastSeq: 0,
};

/** What a transaction adds to the counters. */
interface Changes extends Partial<Record<DropReason, number>> {
  readonly made?: number;
  readonly acknowledged?: number;
  /** Less those that wait no more. */
  readonly waiting?: number;
  /** Numbers given: to each event that is made, and again to one that is released. */
  readonly numbers?: number;
}

/** An open connection with its statements. */
interface Connection {
  readonly database: Database;
  readonly events: EventRows;
  readonly waiting: WaitingRows;
  readonly count: (changes: Changes) => void;
}

/**
 * The outbox in one SQLite file, durable at every commit. The file is opened by the first call that needs it, and again
 * after an error that made the connection unfit; while that fails, calls throw UnavailableError and the counts stay those
 * of the last commit.
 */
export class SqliteOutbox implements Outbox, WaitingRoom, Disposable {
  readonly #options: SqliteOutboxOptions;
  readonly #reserve: DiskReserve;
  #connection: Connection | undefined;
  /** As of the last commit. */
  #counters = noCounters;
  #bytes = 0;

  constructor(options: SqliteOutboxOptions) {
    if (!(options.bytesMax >= outboxBytesMaxMin)) {
      throw new RangeError(`bytesMax is ${options.bytesMax}: expected at least ${outboxBytesMaxMin}`);
    }
    this.#options = options;
    this.#reserve = new DiskReserve(`${options.file}.reserve`, Math.min(reserveBytesMax, 4 * options.bytesMax));
  }

  /** Opens the file now, to know at once whether it can be. */
  open(): void {
    this.#guarded('opening the outbox', () => this.#connected());
  }

  append(events: readonly (DetectionEvent | WaitingEvent)[]): void {
    if (events.length === 0) return;
    this.#write('storing events', (connection) => {
      let number = this.#counters.lastSeq;
      const given = { waiting: 0, overflow: 0 };
      for (let start = 0; start < events.length; start += appendChunkRows) {
        for (const event of events.slice(start, start + appendChunkRows)) {
          number += 1;
          if (isWaiting(event)) {
            connection.waiting.insert(number, event);
            given.waiting += 1;
          } else {
            connection.events.insert(number, event);
          }
        }
        const { overflow, waiting } = this.#dropExcess(connection);
        given.overflow += overflow;
        given.waiting += waiting;
      }
      return { made: events.length, numbers: events.length, ...given };
    });
  }

  read(range: OutboxRange): readonly OutboxEntry[] {
    const { entries, unreadable } = this.#guarded('reading events', () => this.#connected().events.read(range));
    if (unreadable.length === 0) return entries;
    // Bytes that changed on the disk without breaking the file: they would stop the queue for ever.
    this.#write('dropping unreadable events', ({ events }) => ({ corrupt: events.remove(unreadable) }));
    return this.read(range);
  }

  waitingAfter(number: number, limit: number): readonly WaitingEntry[] {
    const { entries, unreadable } = this.#guarded('reading waiting events', () =>
      this.#connected().waiting.read(number, limit),
    );
    if (unreadable.length === 0) return entries;
    this.#write('dropping unreadable events', ({ waiting }) => {
      const removed = waiting.remove(unreadable);
      return { corrupt: removed, waiting: -removed };
    });
    return this.waitingAfter(number, limit);
  }

  release(released: readonly Released[]): void {
    if (released.length === 0) return;
    this.#writeAtAnyCost('releasing events', ({ events, waiting }) => {
      let seq = this.#counters.lastSeq;
      const changes = { waiting: 0, numbers: 0, never_synchronised: 0 };
      for (const { number, event } of released) {
        if (waiting.remove([number]) === 0) continue;
        changes.waiting -= 1;
        if (event === undefined) {
          changes.never_synchronised += 1;
          continue;
        }
        seq += 1;
        changes.numbers += 1;
        events.insert(seq, event);
      }
      return changes;
    });
  }

  settle(acknowledged: readonly number[], rejected: readonly number[]): void {
    if (acknowledged.length + rejected.length === 0) return;
    this.#writeAtAnyCost('settling events', ({ events }) => ({
      acknowledged: events.remove(acknowledged),
      rejected: events.remove(rejected),
    }));
  }

  drop(reason: DropReason, count: number): void {
    if (count > 0) this.#write('counting dropped events', () => ({ made: count, numbers: count, [reason]: count }));
  }

  counts(): OutboxCounts {
    return this.#counters.counts;
  }

  lastSeq(): number {
    return this.#counters.lastSeq;
  }

  size(): { readonly bytes: number; readonly bytesMax: number } {
    return { bytes: this.#bytes, bytesMax: this.#options.bytesMax };
  }

  [Symbol.dispose](): void {
    this.#connection?.database.close();
    this.#connection = undefined;
  }

  /** One transaction: what the change does and its counts, or nothing. */
  #write(doing: string, change: (connection: Connection) => Changes): void {
    this.#guarded(doing, () => {
      const connection = this.#connected();
      const { database, count } = connection;
      this.#counters = database
        .transaction(() => {
          count(change(connection));
          return readCounters(database) ?? noCounters;
        })
        .immediate();
      this.#bytes = usedBytes(database);
    });
  }

  /** Also on a full disk, from the reserve: what leads to room must not need any. */
  #writeAtAnyCost(doing: string, change: (connection: Connection) => Changes): void {
    try {
      this.#write(doing, change);
      this.#reserve.keep();
    } catch (error) {
      if (!isFull(error) || !this.#reserve.release()) throw error;
      this.#guarded('making room', () => this.#connected().database.pragma('wal_checkpoint(TRUNCATE)'));
      this.#write(doing, change);
    }
  }

  #guarded<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      const fault = faultOf(error, this.#options.file, doing);
      // The next call opens the file anew and examines it. A full disk leaves the connection as it was.
      if (fault instanceof UnavailableError && !isFull(error)) this[Symbol.dispose]();
      throw fault;
    }
  }

  #connected(): Connection {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  #connect(): Connection {
    const { file, bytesMax, nowMs, onRecovered } = this.#options;
    const { database, recovery } = openFile(file, nowMs());
    try {
      const pageBytes = pragmaNumber(database, 'page_size');
      database.pragma(`max_page_count = ${Math.floor(bytesMax / pageBytes) + backstopPages}`);
      const connection = prepare(database);
      this.#counters = readCounters(database) ?? noCounters;
      this.#bytes = usedBytes(database);
      this.#connection = connection;
      this.#reserve.keep();
      if (recovery !== undefined) onRecovered(recovery);
      while (this.#bytes > bytesMax) this.#write('dropping the oldest', () => this.#dropExcess(connection));
      return connection;
    } catch (error) {
      database.close();
      this.#connection = undefined;
      throw error;
    }
  }

  /** Drops the oldest until the pages in use are within the limit. Who waits is younger than who is to be sent. */
  #dropExcess({ database, events, waiting }: Connection): { readonly overflow: number; readonly waiting: number } {
    const { bytesMax } = this.#options;
    const rowsAtATime = Math.min(dropRowsMax, Math.max(dropRowsMin, Math.floor(this.#counters.counts.stored / 8)));
    const dropped = { overflow: 0, waiting: 0 };
    for (;;) {
      const excess = usedBytes(database) - bytesMax;
      if (excess <= 0 || dropped.overflow >= trimRowsMax) return dropped;
      const ofEvents = events.removeOldest(rowsAtATime);
      const ofWaiting = ofEvents === 0 ? waiting.removeOldest(rowsAtATime) : 0;
      if (ofEvents + ofWaiting === 0) throw new Error(`an empty outbox takes ${excess} bytes more than its limit`);
      dropped.overflow += ofEvents + ofWaiting;
      dropped.waiting -= ofWaiting;
    }
  }
}

function prepare(database: Database): Connection {
  const count = database.prepare(`UPDATE counters SET made = made + @made, last_seq = last_seq + @numbers,
    acknowledged = acknowledged + @acknowledged, waiting = waiting + @waiting, overflow = overflow + @overflow,
    disk_full = disk_full + @disk_full, rejected = rejected + @rejected, corrupt = corrupt + @corrupt,
    never_synchronised = never_synchronised + @never_synchronised`);
  const nothing = { made: 0, numbers: 0, acknowledged: 0, waiting: 0, ...noCounters.counts.dropped };
  return {
    database,
    events: eventRows(database),
    waiting: waitingRows(database),
    count: (changes) => void count.run({ ...nothing, ...changes }),
  };
}

function usedBytes(database: Database): number {
  const pages = pragmaNumber(database, 'page_count') - pragmaNumber(database, 'freelist_count');
  return pages * pragmaNumber(database, 'page_size');
}

const pragmaNumber = (database: Database, name: string): number => Number(database.pragma(name, { simple: true }));
