import { UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { eventToWire, parseEvent } from '@tdc/shared/wire.ts';
import type { Database, Statement } from 'better-sqlite3';
import type { DropReason, Outbox, OutboxCounts, OutboxEntry, OutboxRange } from '../outbox.ts';
import { DiskReserve } from './disk-reserve.ts';
import { faultOf, isFull } from './sqlite-faults.ts';
import { openFile, type Recovery, readCounts } from './sqlite-file.ts';

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

const noCounts: OutboxCounts = {
  made: 0,
  acknowledged: 0,
  stored: 0,
  dropped: { overflow: 0, disk_full: 0, rejected: 0, corrupt: 0 },
};

interface Changes {
  made?: number;
  acknowledged?: number;
  overflow?: number;
  disk_full?: number;
  rejected?: number;
  corrupt?: number;
}

/** An open connection with its statements. */
interface Connection {
  readonly database: Database;
  readonly insert: Statement;
  readonly select: Statement;
  readonly remove: Statement;
  readonly removeThrough: Statement;
  readonly seqAt: Statement;
  readonly count: Statement;
}

/**
 * The outbox in one SQLite file, durable at every commit. The file is opened by the first call that needs it, and again
 * after an error that made the connection unfit; while that fails, calls throw UnavailableError and the counts stay those
 * of the last commit.
 */
export class SqliteOutbox implements Outbox, Disposable {
  readonly #options: SqliteOutboxOptions;
  readonly #reserve: DiskReserve;
  #connection: Connection | undefined;
  /** As of the last commit. */
  #counts = noCounts;
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

  append(events: readonly DetectionEvent[]): void {
    if (events.length === 0) return;
    this.#write('storing events', (connection) => {
      let seq = this.#counts.made;
      let overflow = 0;
      for (let start = 0; start < events.length; start += appendChunkRows) {
        for (const event of events.slice(start, start + appendChunkRows)) {
          seq += 1;
          connection.insert.run(seq, Event.encode(eventToWire(event)).finish());
        }
        overflow += this.#dropExcess(connection);
      }
      return { made: events.length, overflow };
    });
  }

  read({ after, through, limit }: OutboxRange): readonly OutboxEntry[] {
    const { entries, unreadable } = this.#guarded('reading events', () => {
      const rows = this.#connected().select.all(after, through, limit) as { seq: number; event: Uint8Array }[];
      return decodeRows(rows);
    });
    if (unreadable.length === 0) return entries;
    // Bytes that changed on the disk without breaking the file: they would stop the queue for ever.
    this.#remove('dropping unreadable events', unreadable, 'corrupt');
    return this.read({ after, through, limit });
  }

  settle(acknowledged: readonly number[], rejected: readonly number[]): void {
    if (acknowledged.length + rejected.length === 0) return;
    const settle = () =>
      this.#write('settling events', (connection) => ({
        acknowledged: removeRows(connection, acknowledged),
        rejected: removeRows(connection, rejected),
      }));
    try {
      settle();
      this.#reserve.keep();
    } catch (error) {
      if (!isFull(error) || !this.#reserve.release()) throw error;
      this.#guarded('making room', () => this.#connected().database.pragma('wal_checkpoint(TRUNCATE)'));
      settle();
    }
  }

  drop(reason: DropReason, count: number): void {
    if (count > 0) this.#write('counting dropped events', () => ({ made: count, [reason]: count }));
  }

  counts(): OutboxCounts {
    return this.#counts;
  }

  lastSeq(): number {
    return this.#counts.made;
  }

  size(): { readonly bytes: number; readonly bytesMax: number } {
    return { bytes: this.#bytes, bytesMax: this.#options.bytesMax };
  }

  [Symbol.dispose](): void {
    this.#connection?.database.close();
    this.#connection = undefined;
  }

  #remove(doing: string, seqs: readonly number[], reason: DropReason): void {
    this.#write(doing, (connection) => ({ [reason]: removeRows(connection, seqs) }));
  }

  /** One transaction: what the change does and its counts, or nothing. */
  #write(doing: string, change: (connection: Connection) => Changes): void {
    this.#guarded(doing, () => {
      const connection = this.#connected();
      const { database, count } = connection;
      const counts = database
        .transaction(() => {
          const {
            made = 0,
            acknowledged = 0,
            overflow = 0,
            disk_full = 0,
            rejected = 0,
            corrupt = 0,
          } = change(connection);
          count.run(made, acknowledged, overflow, disk_full, rejected, corrupt);
          return readCounts(database) ?? noCounts;
        })
        .immediate();
      this.#counts = counts;
      this.#bytes = usedBytes(database);
    });
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
      this.#counts = readCounts(database) ?? noCounts;
      this.#bytes = usedBytes(database);
      this.#connection = connection;
      this.#reserve.keep();
      if (recovery !== undefined) onRecovered(recovery);
      while (this.#bytes > bytesMax)
        this.#write('dropping the oldest', () => ({ overflow: this.#dropExcess(connection) }));
      return connection;
    } catch (error) {
      database.close();
      this.#connection = undefined;
      throw error;
    }
  }

  /** Drops the oldest until the pages in use are within the limit. */
  #dropExcess({ database, seqAt, removeThrough }: Connection): number {
    const { bytesMax } = this.#options;
    const rowsAtATime = Math.min(dropRowsMax, Math.max(dropRowsMin, Math.floor(this.#counts.stored / 8)));
    let dropped = 0;
    for (;;) {
      const excess = usedBytes(database) - bytesMax;
      if (excess <= 0 || dropped >= trimRowsMax) return dropped;
      const through = seqAt.get(rowsAtATime - 1) ?? Number.MAX_SAFE_INTEGER;
      const { changes } = removeThrough.run(through);
      if (changes === 0) throw new Error(`an empty outbox takes ${excess} bytes more than its limit`);
      dropped += changes;
    }
  }
}

function prepare(database: Database): Connection {
  return {
    database,
    insert: database.prepare('INSERT INTO events (seq, event) VALUES (?, ?)'),
    select: database.prepare('SELECT seq, event FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?'),
    remove: database.prepare('DELETE FROM events WHERE seq = ?'),
    removeThrough: database.prepare('DELETE FROM events WHERE seq <= ?'),
    seqAt: database.prepare('SELECT seq FROM events ORDER BY seq LIMIT 1 OFFSET ?').pluck(),
    count: database.prepare(`UPDATE counters SET made = made + ?, acknowledged = acknowledged + ?,
      overflow = overflow + ?, disk_full = disk_full + ?, rejected = rejected + ?, corrupt = corrupt + ?`),
  };
}

function removeRows({ remove }: Connection, seqs: readonly number[]): number {
  let removed = 0;
  for (const seq of seqs) removed += remove.run(seq).changes;
  return removed;
}

function decodeRows(rows: readonly { seq: number; event: Uint8Array }[]) {
  const entries: OutboxEntry[] = [];
  const unreadable: number[] = [];
  for (const { seq, event: bytes } of rows) {
    const event = decodeEvent(bytes);
    if (event === undefined) unreadable.push(seq);
    else entries.push({ seq, event });
  }
  return { entries, unreadable };
}

function decodeEvent(bytes: Uint8Array): DetectionEvent | undefined {
  try {
    const parsed = parseEvent(Event.decode(bytes));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    // Bytes that are no message at all are as unreadable as a message that breaks the rules.
    return undefined;
  }
}

function usedBytes(database: Database): number {
  const pages = pragmaNumber(database, 'page_count') - pragmaNumber(database, 'freelist_count');
  return pages * pragmaNumber(database, 'page_size');
}

const pragmaNumber = (database: Database, name: string): number => Number(database.pragma(name, { simple: true }));
