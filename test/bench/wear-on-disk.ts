/** `node wear-on-disk.ts JOB`: makes events on a disk of its own, as JSON says, and prints how much was written to it for how many. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readDisk } from '@tdc/agent/machine/disk.ts';
import { systemAt } from '@tdc/agent/system.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import Sqlite from 'better-sqlite3';
import { madeUpEvents } from './made-up-events.ts';

export interface WearJob {
  readonly of: 'agent' | 'bare';
  readonly eventsPerMinute: number;
  readonly warmMs: number;
  readonly measuredMs: number;
  readonly collector: string;
}
export interface Wear {
  readonly bytes: number;
  readonly events: number;
}

const program = join(import.meta.dirname, '../../agent/bin/tdc-agent.js');
const job: WearJob & { readonly disk: string } = JSON.parse(process.argv[2] ?? '');
const intervalMs = 60_000 / job.eventsPerMinute;
const system = systemAt({ root: '/', searchPath: '' });

const wear = job.of === 'agent' ? await wearOfAgent() : await wearOfBare();
process.stdout.write(JSON.stringify(wear));

/** What was written, and how many events were made, from the end of the warm-up on. */
async function measured(events: () => number): Promise<Wear> {
  await wait(job.warmMs);
  const [bytesBefore, eventsBefore] = [writtenBytes(), events()];
  await wait(job.measuredMs);
  return { bytes: writtenBytes() - bytesBefore, events: events() - eventsBefore };
}

function writtenBytes(): number {
  execFileSync('sync', ['-f', job.disk]);
  const written = readDisk(system, job.disk)?.writtenBytes;
  if (written === undefined) throw new Error(`the kernel does not count what is written to ${job.disk}`);
  return written;
}

/** An agent that reads plates: each becomes an event, is committed, sent, acknowledged and removed. */
async function wearOfAgent(): Promise<Wear> {
  const detectorId = `D${job.eventsPerMinute}`;
  const client = new CollectorServiceClient(job.collector, clientCredentials(undefined));
  const position = { $case: 'plane', value: { xM: 0, yM: 0 } } as const;
  await callUnary(
    client,
    client.putDetector,
    { detector: { id: detectorId, name: '', position } },
    { timeoutMs: 10_000 },
  );
  client.close();
  const state = ['--state-dir', join(job.disk, 'state'), '--detector-id', detectorId];
  execFileSync(process.execPath, [program, 'key', 'generate', ...state], { stdio: 'ignore' });
  const plates = `let n = 0; setInterval(() => console.log(JSON.stringify({kind:'anpr',address:'B '+(n+=1)})), ${intervalMs})`;
  const config = join(job.disk, 'agent.yaml');
  writeFileSync(config, JSON.stringify({ exec: { command: [process.execPath, '-e', plates] } }));
  const flags = ['--scanners', 'exec', '--config-file', config, '--collector-address', job.collector, '--clock-trust'];
  const agent = spawn(process.execPath, [program, 'run', ...state, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(agent, 'exit');
  try {
    return await measured(() => {
      const said = execFileSync(process.execPath, [program, 'status', ...state, '--output', 'json'], {
        encoding: 'utf8',
      });
      return JSON.parse(said).events.made;
    });
  } finally {
    agent.kill('SIGTERM');
    await ended;
  }
}

/** What a script of a few lines does: the library's defaults, each event inserted when it comes and deleted when it was sent. */
async function wearOfBare(): Promise<Wear> {
  using database = disposable(new Sqlite(join(job.disk, 'bare.sqlite')));
  database.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO events (event) VALUES (?)');
  const remove = database.prepare('DELETE FROM events WHERE seq = ?');
  const [event] = madeUpEvents({ count: 1, detectors: 1, startMs: Date.now(), perSecond: 1 });
  const text = JSON.stringify(event);
  let made = 0;
  const timer = setInterval(() => {
    remove.run(insert.run(text).lastInsertRowid);
    made += 1;
  }, intervalMs);
  try {
    return await measured(() => made);
  } finally {
    clearInterval(timer);
  }
}

function disposable(database: Sqlite.Database): Sqlite.Database & Disposable {
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}
