import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Database } from 'better-sqlite3';
import type { OutboxEntry, OutboxRange } from '../outbox.ts';
import type { WaitingEntry, WaitingEvent } from '../waiting-room.ts';
import { eventBytes, eventOfBytes, passageBytes, passageOfBytes } from './event-bytes.ts';

/** Rows that could be read, and the numbers of those that could not. */
export interface ReadRows<Entry> {
  readonly entries: readonly Entry[];
  readonly unreadable: readonly number[];
}

/** One of the two tables: what may be done to its rows whatever is in them. */
export interface Rows {
  /** How many of these numbers were there. */
  remove(numbers: readonly number[]): number;
  /** Removes as many of the oldest as given, or all; how many there were. */
  removeOldest(count: number): number;
}

export interface EventRows extends Rows {
  insert(seq: number, event: DetectionEvent): void;
  read(range: OutboxRange): ReadRows<OutboxEntry>;
}

export interface WaitingRows extends Rows {
  insert(number: number, event: WaitingEvent): void;
  read(after: number, limit: number): ReadRows<WaitingEntry>;
}

export function eventRows(database: Database): EventRows {
  const insert = database.prepare('INSERT INTO events (seq, event) VALUES (?, ?)');
  const select = database.prepare('SELECT seq, event FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?');
  return {
    ...rowsOf(database, 'events', 'seq'),
    insert: (seq, event) => void insert.run(seq, eventBytes(event)),
    read: ({ after, through, limit }) => {
      const rows = select.all(after, through, limit) as { seq: number; event: Uint8Array }[];
      return sorted(
        rows.map(({ seq, event: bytes }) => {
          const event = eventOfBytes(bytes);
          return { number: seq, entry: event && { seq, event } };
        }),
      );
    },
  };
}

export function waitingRows(database: Database): WaitingRows {
  const insert = database.prepare('INSERT INTO waiting (number, boot_id, offset_ms, event) VALUES (?, ?, ?, ?)');
  const select = database.prepare(
    'SELECT number, boot_id, offset_ms, event FROM waiting WHERE number > ? ORDER BY number LIMIT ?',
  );
  return {
    ...rowsOf(database, 'waiting', 'number'),
    insert: (number, { bootId, offsetMs, passage }) => void insert.run(number, bootId, offsetMs, passageBytes(passage)),
    read: (after, limit) => {
      const rows = select.all(after, limit) as WaitingRow[];
      return sorted(
        rows.map(({ number, boot_id: bootId, offset_ms: offsetMs, event }) => {
          const passage = passageOfBytes(event);
          return { number, entry: passage && { number, waiting: { bootId, offsetMs, passage } } };
        }),
      );
    },
  };
}

interface WaitingRow {
  number: number;
  boot_id: string;
  offset_ms: number;
  event: Uint8Array;
}

function rowsOf(database: Database, table: 'events' | 'waiting', key: 'seq' | 'number'): Rows {
  const remove = database.prepare(`DELETE FROM ${table} WHERE ${key} = ?`);
  const removeThrough = database.prepare(`DELETE FROM ${table} WHERE ${key} <= ?`);
  const keyAt = database.prepare(`SELECT ${key} FROM ${table} ORDER BY ${key} LIMIT 1 OFFSET ?`).pluck();
  return {
    remove: (numbers) => numbers.reduce((removed, number) => removed + remove.run(number).changes, 0),
    removeOldest: (count) => removeThrough.run(keyAt.get(count - 1) ?? Number.MAX_SAFE_INTEGER).changes,
  };
}

function sorted<Entry>(
  rows: readonly { readonly number: number; readonly entry: Entry | undefined }[],
): ReadRows<Entry> {
  return {
    entries: rows.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    unreadable: rows.flatMap(({ number, entry }) => (entry === undefined ? [number] : [])),
  };
}
