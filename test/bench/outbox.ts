/** The agent's outbox: appending and draining, against a bare better-sqlite3 table of the same blobs. */
import { join } from 'node:path';
import { SqliteOutbox } from '@tdc/agent/outboxes/sqlite.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import Sqlite from 'better-sqlite3';
import { batchesOf, madeUpEvents } from './made-up-events.ts';
import { type Measurement, median } from './report.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const eventCount = 100_000;
const appendRows = 200;
const drainRows = 256;
const rounds = 3;

/** Events a second. */
interface Rates {
  readonly append: number;
  readonly drain: number;
}

export async function benchOutbox(): Promise<Measurement[]> {
  const events = [...madeUpEvents({ count: eventCount, detectors: 1, startMs: Date.now() - 3_600_000, perSecond: 30 })];
  const ours: Rates[] = [];
  const bare: Rates[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await inTemporaryFolder((folder) => bareRates(join(folder, 'bare.sqlite'), events)));
    ours.push(await inTemporaryFolder((folder) => outboxRates(join(folder, 'outbox.sqlite'), events)));
  }
  const line = (what: string, rate: keyof Rates, rows: number): Measurement => {
    const [value, against] = [median(ours.map((each) => each[rate])), median(bare.map((each) => each[rate]))];
    const bareWhat = `bare better-sqlite3, the same blobs, ${rows} a transaction`;
    return { what, value, unit: 'events/s', against: { what: bareWhat, value: against }, ratio: value / against };
  };
  return [
    line(`outbox: events appended and fsynced, ${appendRows} together`, 'append', appendRows),
    line(`outbox: events read and removed, ${drainRows} together`, 'drain', drainRows),
  ];
}

function outboxRates(file: string, events: readonly DetectionEvent[]): Rates {
  using outbox = new SqliteOutbox({ file, bytesMax: 1024 ** 3, nowMs: Date.now, onRecovered: () => {} });
  outbox.open();
  const append = timed(() => {
    for (const batch of batchesOf(events, appendRows)) outbox.append(batch);
  });
  const drain = timed(() => {
    const through = outbox.lastSeq();
    for (;;) {
      const entries = outbox.read({ after: 0, through, limit: drainRows });
      if (entries.length === 0) return;
      outbox.settle(
        entries.map(({ seq }) => seq),
        [],
      );
    }
  });
  return { append, drain };
}

function bareRates(file: string, events: readonly DetectionEvent[]): Rates {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO events (event) VALUES (?)');
  const select = database.prepare<[number], { seq: number; event: Buffer }>(
    'SELECT seq, event FROM events ORDER BY seq LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM events WHERE seq = ?');
  const append = timed(() => {
    for (const batch of batchesOf(events, appendRows)) {
      database.exec('BEGIN IMMEDIATE');
      for (const event of batch) insert.run(Event.encode(eventToWire(event)).finish());
      database.exec('COMMIT');
    }
  });
  const drain = timed(() => {
    for (;;) {
      const rows = select.all(drainRows);
      if (rows.length === 0) return;
      for (const { event } of rows) Event.decode(event);
      database.exec('BEGIN IMMEDIATE');
      for (const { seq } of rows) remove.run(seq);
      database.exec('COMMIT');
    }
  });
  database.close();
  return { append, drain };
}

/** Events a second. */
function timed(run: () => void): number {
  const startMs = performance.now();
  run();
  return (eventCount * 1000) / (performance.now() - startMs);
}
