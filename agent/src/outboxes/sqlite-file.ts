import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import type { DropReason, OutboxCounts } from '../outbox.ts';
import { isDamage } from './sqlite-faults.ts';

const schemaVersion = 1;
const schema = [
  // One row, changed in the same transaction as events: made = acknowledged + rows of events + the drops.
  `CREATE TABLE counters (
    made INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
    overflow INTEGER NOT NULL, disk_full INTEGER NOT NULL, rejected INTEGER NOT NULL, corrupt INTEGER NOT NULL
  ) STRICT`,
  // seq is the running count of events made: given explicitly, so that an emptied table does not begin anew.
  'CREATE TABLE events (seq INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT',
] as const;
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

/** Raised while a file is checked: it is not an outbox, or not a sound one. */
class UnsoundFileError extends Error {}

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
  if (first.counts !== undefined) restoreCounts(second.database, first.counts);
  return {
    database: second.database,
    recovery: { movedTo, reason: first.reason, eventsLost: first.counts?.stored },
  };
}

type Opening =
  | { readonly sound: true; readonly database: Database }
  | {
      readonly sound: false;
      readonly database: Database;
      readonly reason: string;
      readonly counts: OutboxCounts | undefined;
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
      return { sound: false, database, reason: error.message, counts: readableCounts(database) };
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
  const version = database.pragma('user_version', { simple: true });
  const tables = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'").pluck().all();
  if (version === 0 && tables.length === 0) createSchema(database);
  else if (version !== schemaVersion)
    throw new UnsoundFileError(`schema version ${version}: expected ${schemaVersion}`);
  else if (!schema.every((statement) => tables.includes(statement))) {
    throw new UnsoundFileError('tables that are not those of an outbox');
  }
  checkCounts(database);
}

function createSchema(database: Database): void {
  database
    .transaction(() => {
      for (const statement of schema) database.exec(statement);
      database.exec('INSERT INTO counters VALUES (0, 0, 0, 0, 0, 0)');
      database.pragma(`user_version = ${schemaVersion}`);
    })
    .immediate();
}

function checkCounts(database: Database): void {
  const counts = readCounts(database);
  if (counts === undefined) throw new UnsoundFileError('the counts are missing');
  const rows = database.prepare('SELECT count(*) AS stored, ifnull(max(seq), 0) AS last FROM events').get() as {
    stored: number;
    last: number;
  };
  if (rows.stored !== counts.stored || rows.last > counts.made) {
    throw new UnsoundFileError(
      `${rows.stored} events up to number ${rows.last}: expected ${counts.stored} up to ${counts.made}`,
    );
  }
}

type CountersRow = { made: number; acknowledged: number } & Record<DropReason, number>;

/** The counts as of the last commit; undefined when there is no row of them. */
export function readCounts(database: Database): OutboxCounts | undefined {
  const row = database.prepare('SELECT * FROM counters').get() as CountersRow | undefined;
  if (row === undefined) return undefined;
  const { made, acknowledged, overflow, disk_full, rejected, corrupt } = row;
  const stored = made - acknowledged - overflow - disk_full - rejected - corrupt;
  return { made, acknowledged, stored, dropped: { overflow, disk_full, rejected, corrupt } };
}

/** The counts of a damaged file, if they can be read and can be true. */
function readableCounts(database: Database): OutboxCounts | undefined {
  try {
    const counts = readCounts(database);
    if (counts === undefined) return undefined;
    const all = [counts.made, counts.acknowledged, counts.stored, ...Object.values(counts.dropped)];
    return all.every((count) => Number.isSafeInteger(count) && count >= 0) ? counts : undefined;
  } catch {
    // Whatever is wrong, it is the damage that is being dealt with: the counts are not readable.
    return undefined;
  }
}

function restoreCounts(database: Database, { made, acknowledged, stored, dropped }: OutboxCounts): void {
  database
    .prepare('UPDATE counters SET made = ?, acknowledged = ?, overflow = ?, disk_full = ?, rejected = ?, corrupt = ?')
    .run(made, acknowledged, dropped.overflow, dropped.disk_full, dropped.rejected, dropped.corrupt + stored);
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
