import { join } from 'node:path';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import Sqlite from 'better-sqlite3';
import { inTemporaryFolder } from './temporary-folder.ts';

/** The repository's table and its index, and nothing else of it. */
const schema = `
  CREATE TABLE events (
    detector_id TEXT NOT NULL, id TEXT NOT NULL, device_id TEXT NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
    address_class INTEGER NOT NULL, key_epoch INTEGER NOT NULL, previous_device_id TEXT, reference_time_ms INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL, rssi_peak_dbm INTEGER, sightings INTEGER NOT NULL,
    resident INTEGER NOT NULL, clock_quality INTEGER NOT NULL, made_at_ms INTEGER NOT NULL,
    PRIMARY KEY (detector_id, id, device_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_by_seq ON events (seq);`;

/** Seconds to insert the events, one row a statement and `rows` a transaction, into a new file in WAL mode with FULL. */
export function insertBare(events: readonly DetectionEvent[], rows: number): Promise<number> {
  return inTemporaryFolder((folder) => insertInto(join(folder, 'bare.sqlite'), events, rows));
}

function insertInto(file: string, events: readonly DetectionEvent[], rows: number): number {
  const database = new Sqlite(file);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec(schema);
    const insert = database.prepare(`INSERT INTO events VALUES (${new Array(16).fill('?').join(', ')})`);
    const startMs = performance.now();
    let seq = 0;
    for (let from = 0; from < events.length; from += rows) {
      database.exec('BEGIN IMMEDIATE');
      for (const event of events.slice(from, from + rows)) {
        insert.run(
          event.detectorId,
          event.id,
          event.deviceId,
          ++seq,
          event.kind === 'classic' ? 1 : 2,
          event.addressClass === 'public' ? 1 : 3,
          event.keyEpoch,
          event.previousDeviceId ?? null,
          event.referenceTimeMs,
          event.firstSeenMs,
          event.lastSeenMs,
          event.rssiPeakDbm ?? null,
          event.sightings,
          event.resident ? 1 : 0,
          1,
          event.madeAtMs,
        );
      }
      database.exec('COMMIT');
    }
    return (performance.now() - startMs) / 1000;
  } finally {
    database.close();
  }
}
