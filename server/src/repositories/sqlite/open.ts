import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import Sqlite, { type Database } from 'better-sqlite3';
import { faultOf, guarded } from './faults.ts';
import { migrate } from './schema.ts';

/**
 * `taken`: no other process writes the file from now on. `held`: this process has it open already, and remembers of it which detectors there are and
 * which number the last event has; another thread may do everything but change those.
 */
export type FileLock = 'taken' | 'held';

/**
 * How long a statement waits for others that write, read or copy the file: the process beside which a thread writes does nothing else
 * meanwhile.
 */
const busyTimeoutMs: Readonly<Record<FileLock, number>> = { taken: 1000, held: 5000 };
/** The estimator reads what is new, and once what is old. */
const cacheKib: Readonly<Record<FileLock, number>> = { taken: 65_536, held: 8192 };
/** The write-ahead log is brought into the file when it has this many pages of 4 KiB, and cut to its limit. */
const walPages = 4000;
const walBytesMax = 64 * 1024 * 1024;

/** An open database file that no other process writes. */
export interface OpenDatabase extends Disposable {
  readonly database: Database;
  readonly file: string;
  readonly lock: FileLock;
}

/**
 * Opens the file, making it and its folder if they are not there. Throws PreconditionError when another process has it or
 * when it is not ours, UnavailableError when it is damaged or cannot be read; a damaged file is left as it is.
 */
export function openDatabase(file: string, lock: FileLock = 'taken'): OpenDatabase {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UnavailableError(`cannot make the folder of ${file}: ${messageOf(error)}`, { cause: error });
  }
  const taken = lock === 'taken' ? lockFile(file) : undefined;
  try {
    const database = connect(file, lock);
    return {
      database,
      file,
      lock,
      [Symbol.dispose]() {
        database.close();
        taken?.close();
      },
    };
  } catch (error) {
    taken?.close();
    throw error;
  }
}

/**
 * Takes the lock that keeps a second writer out: a transaction held for as long as the file is open, on an empty database
 * beside it. The system frees it when the process ends, however it ends. The file itself stays open to readers, such as
 * the sqlite3 shell.
 */
function lockFile(file: string): Database {
  const lock = guarded(`${file}.lock`, 'opening the lock', () => new Sqlite(`${file}.lock`, { timeout: 0 }));
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new PreconditionError(`${file} is in use by another tdc-server: stop it, or give another --sqlite-file`);
    }
    throw faultOf(error, `${file}.lock`, 'taking the lock');
  }
}

function connect(file: string, lock: FileLock): Database {
  const database = guarded(file, 'opening the database', () => new Sqlite(file, { timeout: busyTimeoutMs[lock] }));
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma(`cache_size = -${cacheKib[lock]}`);
    database.pragma(`wal_autocheckpoint = ${walPages}`);
    database.pragma(`journal_size_limit = ${walBytesMax}`);
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw faultOf(error, file, 'opening the database');
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
