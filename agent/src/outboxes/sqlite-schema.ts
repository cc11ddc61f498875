import type { Database } from 'better-sqlite3';
import type { DropReason, OutboxCounts } from '../outbox.ts';

const schemaVersion = 2;
/** seq is given explicitly, so that an emptied table does not begin anew. */
const events = 'CREATE TABLE events (seq INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT';
const schema = [
  // One row, changed in the same transaction as events: made = acknowledged + rows of events and of waiting + the drops.
  `CREATE TABLE counters (
    made INTEGER NOT NULL, last_seq INTEGER NOT NULL, acknowledged INTEGER NOT NULL, waiting INTEGER NOT NULL,
    overflow INTEGER NOT NULL, disk_full INTEGER NOT NULL, rejected INTEGER NOT NULL, corrupt INTEGER NOT NULL,
    never_synchronised INTEGER NOT NULL
  ) STRICT`,
  events,
  // Events that have no time yet. Their numbers come from the same count as seq.
  `CREATE TABLE waiting (
    number INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, offset_ms INTEGER NOT NULL, event BLOB NOT NULL
  ) STRICT`,
] as const;

/** Of before events waited for the clock: a number was given to each event made, and to no other. */
const schema1 = [
  `CREATE TABLE counters (
    made INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
    overflow INTEGER NOT NULL, disk_full INTEGER NOT NULL, rejected INTEGER NOT NULL, corrupt INTEGER NOT NULL
  ) STRICT`,
  events,
] as const;

/** Raised while a file is checked: it is not an outbox, or not a sound one. */
export class UnsoundFileError extends Error {}

/** Brings a file to the present schema. Throws UnsoundFileError for one that is of no schema known. */
export function bringToSchema(database: Database): void {
  const version = database.pragma('user_version', { simple: true });
  const tables = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const has = (statements: readonly string[]) => statements.every((statement) => tables.includes(statement));
  if (version === 0 && tables.length === 0) inOneStep(database, createTables);
  else if (version === 1 && has(schema1)) inOneStep(database, upgradeFrom1);
  else if (version !== schemaVersion && version !== 1) {
    throw new UnsoundFileError(`schema version ${version}: expected ${schemaVersion}`);
  } else if (!has(schema)) throw new UnsoundFileError('tables that are not those of an outbox');
}

function inOneStep(database: Database, change: (database: Database) => void): void {
  database
    .transaction(() => {
      change(database);
      database.pragma(`user_version = ${schemaVersion}`);
    })
    .immediate();
}

function createTables(database: Database): void {
  for (const statement of schema) database.exec(statement);
  database.exec('INSERT INTO counters VALUES (0, 0, 0, 0, 0, 0, 0, 0, 0)');
}

function upgradeFrom1(database: Database): void {
  database.exec('ALTER TABLE counters RENAME TO counters1');
  for (const statement of schema) if (statement !== events) database.exec(statement);
  database.exec(`INSERT INTO counters
    SELECT made, made, acknowledged, 0, overflow, disk_full, rejected, corrupt, 0 FROM counters1`);
  database.exec('DROP TABLE counters1');
}

export interface Counters {
  readonly counts: OutboxCounts;
  /** Highest number given so far. */
  readonly lastSeq: number;
}

type CountersRow = { made: number; last_seq?: number; acknowledged: number; waiting?: number } & Omit<
  Record<DropReason, number>,
  'never_synchronised'
> & { never_synchronised?: number };

/** The counts as of the last commit, of either schema; undefined when there is no row of them. */
export function readCounters(database: Database): Counters | undefined {
  const row = database.prepare('SELECT * FROM counters').get() as CountersRow | undefined;
  if (row === undefined) return undefined;
  const { made, last_seq: lastSeq = made, acknowledged, waiting = 0 } = row;
  const { overflow, disk_full, rejected, corrupt, never_synchronised = 0 } = row;
  const dropped = { overflow, disk_full, rejected, corrupt, never_synchronised };
  const stored = made - acknowledged - Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { counts: { made, acknowledged, stored, waiting, dropped }, lastSeq };
}

/** Carries over the counts of a damaged file: what it held is lost. */
export function restoreCounters(database: Database, { counts, lastSeq }: Counters): void {
  const { made, acknowledged, stored, dropped } = counts;
  const { overflow, disk_full, rejected, corrupt, never_synchronised } = dropped;
  database
    .prepare(
      `UPDATE counters SET made = ?, last_seq = ?, acknowledged = ?, waiting = 0, overflow = ?, disk_full = ?, rejected = ?,
        corrupt = ?, never_synchronised = ?`,
    )
    .run(made, lastSeq, acknowledged, overflow, disk_full, rejected, corrupt + stored, never_synchronised);
}
