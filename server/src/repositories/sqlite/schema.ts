import { PreconditionError } from '@tdc/shared/errors.ts';
import type { Database } from 'better-sqlite3';

/** "tdc1": marks the file as ours, so that another program's database is never taken for an empty one. */
const applicationId = 0x74646331;

/**
 * Each entry brings the file from its index to the next version (`user_version`). Released entries never change.
 *
 * `events` is ordered by its key, so a detector's hour is one contiguous read. `seq` is the commit order; `meta.last_seq` is
 * written in the transaction of the events, so a number is never given twice, whatever has been removed since.
 * `meta.removed_seq` is the highest number among the events that retention removed: history begins behind it.
 */
const migrations = [
  `
  CREATE TABLE meta (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    store_id TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    removed_seq INTEGER NOT NULL,
    probes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO meta VALUES (1, lower(hex(randomblob(6))), 0, 0, 0);

  CREATE TABLE detectors (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    latitude REAL,
    longitude REAL,
    x_m REAL,
    y_m REAL,
    CHECK ((latitude IS NULL) = (longitude IS NULL) AND (x_m IS NULL) = (y_m IS NULL) AND (latitude IS NULL) <> (x_m IS NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE links (
    from_detector_id TEXT NOT NULL REFERENCES detectors (id),
    to_detector_id TEXT NOT NULL REFERENCES detectors (id),
    max_seconds INTEGER NOT NULL,
    length_m REAL,
    PRIMARY KEY (from_detector_id, to_detector_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX links_by_end ON links (to_detector_id);

  CREATE TABLE statuses (
    detector_id TEXT PRIMARY KEY REFERENCES detectors (id),
    reported_at_ms INTEGER NOT NULL,
    status BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    detector_id TEXT NOT NULL,
    id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    address_class INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    previous_device_id TEXT,
    reference_time_ms INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    rssi_peak_dbm INTEGER,
    sightings INTEGER NOT NULL,
    resident INTEGER NOT NULL,
    clock_quality INTEGER NOT NULL,
    made_at_ms INTEGER NOT NULL,
    PRIMARY KEY (detector_id, id, device_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_by_seq ON events (seq);
  `,
  `
  CREATE TABLE claim_fence (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    fence INTEGER NOT NULL
  ) STRICT;
  INSERT INTO claim_fence VALUES (1, 0);

  CREATE TABLE checkpoints (
    name TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE links ADD COLUMN free_flow_seconds REAL;
  ALTER TABLE links ADD COLUMN estimator TEXT;

  CREATE TABLE estimates (
    to_detector_id TEXT NOT NULL,
    from_detector_id TEXT NOT NULL,
    time_s INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    samples INTEGER NOT NULL,
    age_s REAL,
    clock_offset_s REAL,
    mean_s REAL,
    lower_s REAL,
    upper_s REAL,
    fast_s REAL,
    slow_s REAL,
    departure_s REAL,
    free_flow_s REAL,
    PRIMARY KEY (to_detector_id, from_detector_id, time_s, revision)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE events ADD COLUMN device_class INTEGER;
  `,
  `
  CREATE TABLE access_tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER,
    last_used_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE enrolments (
    detector_id TEXT PRIMARY KEY REFERENCES detectors (id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_for TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE certificates (
    detector_id TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    serial TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    certificate BLOB NOT NULL,
    revoked_at_ms INTEGER,
    revocation_reason TEXT,
    PRIMARY KEY (detector_id, issued_at_ms, serial),
    CHECK ((revoked_at_ms IS NULL) = (revocation_reason IS NULL))
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE box_keys (
    detector_id TEXT PRIMARY KEY REFERENCES detectors (id) ON DELETE CASCADE,
    public_key BLOB NOT NULL,
    put_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE letters (
    detector_id TEXT NOT NULL REFERENCES detectors (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body BLOB NOT NULL,
    put_at_ms INTEGER NOT NULL,
    PRIMARY KEY (detector_id, kind)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    closed INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_by_state ON alerts (closed, id);

  CREATE TABLE alert_notices (
    id TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE routes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    detector_ids TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
] as const;

function pragmaNumber(database: Database, name: string): number {
  return Number(database.pragma(name, { simple: true }));
}

/** Brings the file to the present version. Throws PreconditionError for a file of a newer version or another program. */
export function migrate(database: Database, file: string): void {
  const version = pragmaNumber(database, 'user_version');
  if (version > migrations.length) {
    throw new PreconditionError(
      `${file} has version ${version}, written by a newer tdc-server: this one knows versions up to ${migrations.length}`,
    );
  }
  const tables = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0;
  if (tables > 0 && pragmaNumber(database, 'application_id') !== applicationId) {
    throw new PreconditionError(`${file} is a database of another program: expected one of tdc-server, or none`);
  }
  const upgrade = database.transaction(() => {
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  if (version < migrations.length) upgrade.immediate();
}
