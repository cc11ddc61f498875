import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BacklogMemory } from './backlog-memory.ts';
import { SqliteOutbox } from './sqlite.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-backlog-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Fills an outbox without going through it event by event, which would take minutes. */
function leaveBacklog(file: string, rows: number): void {
  const outbox = new SqliteOutbox({ file, bytesMax: 4 * 1024 ** 3, nowMs: () => 0, onRecovered: () => {} });
  outbox.open();
  outbox[Symbol.dispose]();
  const database = new Sqlite(file);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec('CREATE TEMP TABLE sample (id INTEGER PRIMARY KEY, event BLOB)');
  const insert = database.prepare('INSERT INTO sample (event) VALUES (?)');
  const sample = madeUpEvents(1000);
  for (const event of sample) insert.run(Event.encode(eventToWire(event)).finish());
  database
    .prepare(
      `WITH RECURSIVE number(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM number WHERE seq < ?)
       INSERT INTO events SELECT seq, sample.event FROM number JOIN sample ON sample.id = 1 + seq % ?`,
    )
    .run(rows, sample.length);
  database.prepare('UPDATE counters SET made = @rows, last_seq = @rows').run({ rows });
  database.close();
}

async function memoryOf(file: string): Promise<BacklogMemory> {
  const child = fork(new URL('./backlog-memory.ts', import.meta.url), [file], { execArgv: [] });
  const [[memory]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
  return memory as BacklogMemory;
}

test('five million stored events add at most 20 MB to the memory of the process', async () => {
  const rows = 5_000_000;
  leaveBacklog(join(folder, 'backlog.sqlite'), rows);
  const empty = await memoryOf(join(folder, 'empty.sqlite'));
  const backlog = await memoryOf(join(folder, 'backlog.sqlite'));
  expect(empty.stored).toBe(0);
  expect(backlog.stored).toBe(rows);
  expect(backlog.rssBytesMax - empty.rssBytesMax).toBeLessThanOrEqual(20 * 1000 * 1000);
}, 60_000);
