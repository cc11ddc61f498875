import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { isDamage } from './sqlite-faults.ts';
import { bringToSchema, type Counters, readCounters, restoreCounters, UnsoundFileError } from './sqlite-schema.ts';

const cacheKib = 4096;
/** The write-ahead log is brought into the file when it has this many pages, and cut to its limit. */
const walPages = 1000;
const walBytesMax = 16 * 1024 * 1024;
/** How long a statement waits for another process that reads or copies the file; the agent does nothing else meanwhile. */
const busyTimeoutMs = 2000;
/** Damaged files that are kept beside the new one; older ones are removed. */
const damagedFilesMax = 2;

/** A damaged outbox was moved aside and a new one begun. */
export interface Recovery {
  /** Where the damaged file is now. */
  readonly movedTo: string;
  /** What was wrong with it. */
  readonly reason: string;
  /** Events that were lost with it; undefined when the damaged file does not say. The counts then begin anew. */
  readonly eventsLost: number | undefined;
}

export interface OpenedFile {
  readonly database: Database;
  readonly recovery: Recovery | undefined;
}

/**
 * Opens the outbox's file, making it if it is not there. A damaged one is moved aside, its counts are carried over where
 * they can still be read, and what it held is counted as dropped. Throws SQLite's errors when the disk does not let it.
 */
export function openFile(file: string, nowMs: number): OpenedFile {
  const first = tryOpen(file);
  if (first.sound) return { database: first.database, recovery: undefined };
  const movedTo = moveAside(file, nowMs);
  // Only now: closing a database removes its write-ahead log, which belongs to what is to be examined.
  first.database.close();
  const second = tryOpen(file);
  if (!second.sound) throw new Error(`the new file ${file} is damaged: ${second.reason}`);
  if (first.counters !== undefined) restoreCounters(second.database, first.counters);
  return {
    database: second.database,
    recovery: { movedTo, reason: first.reason, eventsLost: first.counters?.counts.stored },
  };
}

type Opening =
  | { readonly sound: true; readonly database: Database }
  | {
      readonly sound: false;
      readonly database: Database;
      readonly reason: string;
      readonly counters: Counters | undefined;
    };

function tryOpen(file: string): Opening {
  // A folder that is gone is the disk's fault, which better-sqlite3 would not say.
  statSync(dirname(file));
  const database = new Sqlite(file, { timeout: busyTimeoutMs });
  try {
    configure(database);
    check(database);
    return { sound: true, database };
  } catch (error) {
    if (error instanceof UnsoundFileError || isDamage(error)) {
      return { sound: false, database, reason: error.message, counters: readableCounters(database) };
    }
    database.close();
    throw error;
  }
}

function configure(database: Database): void {
  database.pragma('temp_store = MEMORY');
  database.pragma('mmap_size = 0');
  database.pragma(`cache_size = -${cacheKib}`);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = FAST');
  database.pragma(`wal_autocheckpoint = ${walPages}`);
  database.pragma(`journal_size_limit = ${walBytesMax}`);
}

function check(database: Database): void {
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new UnsoundFileError(String(found));
  bringToSchema(database);
  checkCounts(database);
}

function checkCounts(database: Database): void {
  const counters = readCounters(database);
  if (counters === undefined) throw new UnsoundFileError('the counts are missing');
  const { counts, lastSeq } = counters;
  const expected = { events: counts.stored - counts.waiting, waiting: counts.waiting };
  const tables = [
    ['events', 'seq'],
    ['waiting', 'number'],
  ] as const;
  for (const [table, number] of tables) {
    const { rows, last } = database
      .prepare(`SELECT count(*) AS rows, ifnull(max(${number}), 0) AS last FROM ${table}`)
      .get() as { rows: number; last: number };
    if (rows !== expected[table] || last > lastSeq) {
      throw new UnsoundFileError(
        `${table}: ${rows} up to number ${last}: expected ${expected[table]} up to ${lastSeq}`,
      );
    }
  }
}

/** The counts of a damaged file, if they can be read and can be true. */
function readableCounters(database: Database): Counters | undefined {
  try {
    const counters = readCounters(database);
    if (counters === undefined) return undefined;
    const { counts, lastSeq } = counters;
    const all = [lastSeq, counts.made, counts.acknowledged, counts.stored, ...Object.values(counts.dropped)];
    return all.every((count) => Number.isSafeInteger(count) && count >= 0) ? counters : undefined;
  } catch {
    // Whatever is wrong, it is the damage that is being dealt with: the counts are not readable.
    return undefined;
  }
}

/** Renames the file and its companions, so that they can be examined, and keeps the number of such files small. */
function moveAside(file: string, nowMs: number): string {
  const folder = dirname(file);
  const prefix = `${basename(file)}.corrupt-`;
  const earlier = readdirSync(folder).filter((name) => name.startsWith(prefix));
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '');
  let movedTo = join(folder, `${prefix}${stamp}`);
  for (let copy = 2; earlier.includes(basename(movedTo)); copy += 1) {
    movedTo = join(folder, `${prefix}${stamp}.${copy}`);
  }
  renameSync(file, movedTo);
  for (const companion of ['-wal', '-shm']) {
    if (readdirSync(folder).includes(`${basename(file)}${companion}`)) {
      renameSync(`${file}${companion}`, `${movedTo}${companion}`);
    }
  }
  const mains = earlier.filter((name) => !/-(wal|shm)$/.test(name)).sort();
  for (const main of mains.slice(0, Math.max(0, mains.length + 1 - damagedFilesMax))) {
    for (const companion of ['', '-wal', '-shm']) rmSync(join(folder, `${main}${companion}`), { force: true });
  }
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return movedTo;
}
