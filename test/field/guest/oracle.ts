/**
 * Runs in the guest. `oracle.ts plant FILE` makes a running agent's outbox remember, inside its own database and in the transaction that commits
 * them, all events that are there and that will ever be committed; `oracle.ts list FILE` prints them, in base64, one a line.
 */
import { DatabaseSync } from 'node:sqlite';

const [action, file = ''] = process.argv.slice(2);
const database = new DatabaseSync(file, { timeout: 10_000 });
if (action === 'plant') {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE oracle (event BLOB NOT NULL);
    INSERT INTO oracle SELECT event FROM events;
    CREATE TRIGGER remember AFTER INSERT ON events BEGIN INSERT INTO oracle VALUES (NEW.event); END;
    COMMIT;`);
} else {
  for (const { event } of database.prepare('SELECT event FROM oracle').iterate()) {
    process.stdout.write(`${Buffer.from(event as Uint8Array).toString('base64')}\n`);
  }
}
database.close();
