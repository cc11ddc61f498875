import { SqliteOutbox } from '@tdc/agent/outboxes/sqlite.ts';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import Sqlite from 'better-sqlite3';

/**
 * Makes an agent's outbox that remembers, inside its own database and in the transaction that commits them, all events that
 * ever were committed.
 */
export function plantOracle(file: string): void {
  const outbox = new SqliteOutbox({ file, bytesMax: 1024 ** 3, nowMs: Date.now, onRecovered: () => {} });
  outbox.open();
  outbox[Symbol.dispose]();
  const database = new Sqlite(file);
  database.exec(`
    CREATE TABLE oracle (event BLOB NOT NULL);
    CREATE TRIGGER remember AFTER INSERT ON events BEGIN INSERT INTO oracle VALUES (NEW.event); END;`);
  database.close();
}

/** Ids of all events that were ever committed, in the order of their commits. */
export function committedIds(file: string): readonly string[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    const rows = database.prepare<[], { event: Buffer }>('SELECT event FROM oracle').all();
    return rows.map(({ event }) => Event.decode(event).id);
  } finally {
    database.close();
  }
}
