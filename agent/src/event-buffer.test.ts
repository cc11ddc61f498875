import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnavailableError } from '@tdc/shared/errors.ts';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { hangsAfterMs } from '@tdc/shared/pulse.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventBuffer, uncommittedMax } from './event-buffer.ts';
import { SqliteOutbox } from './outboxes/sqlite.ts';

let folder: string;
let outbox: SqliteOutbox;
let clock: ManualClock;
let buffer: EventBuffer;
let commits: number;
let refusals: UnavailableError[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-buffer-'));
  outbox = new SqliteOutbox({
    file: join(folder, 'outbox.sqlite'),
    bytesMax: 16 * 1024 * 1024,
    nowMs: () => 0,
    onRecovered: () => {},
  });
  clock = new ManualClock();
  commits = 0;
  refusals = [];
  buffer = new EventBuffer({
    outbox,
    clock,
    random: () => 0.5,
    flushRows: 200,
    flushMs: 1000,
    onCommitted: () => {
      commits += 1;
    },
    onRefused: (error) => refusals.push(error),
  });
});
afterEach(async () => {
  await buffer[Symbol.asyncDispose]();
  outbox[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** A folder in the place of the write-ahead log keeps the file from being opened. */
const blockDisk = () => mkdirSync(join(folder, 'outbox.sqlite-wal'));
const unblockDisk = () => rmdirSync(join(folder, 'outbox.sqlite-wal'));

function expectConservation(): void {
  const { made, acknowledged, inOutbox, dropped } = buffer.counts();
  expect(made).toBe(acknowledged + inOutbox + Object.values(dropped).reduce((sum, count) => sum + count, 0));
}

describe('group commit', () => {
  test('commits when enough events have come', () => {
    buffer.add(madeUpEvents(199));
    expect(buffer.counts()).toMatchObject({ made: 199, inOutbox: 199, uncommitted: 199 });
    expect(commits).toBe(0);
    buffer.add(madeUpEvents(1));
    expect(buffer.counts()).toMatchObject({ made: 200, inOutbox: 200, uncommitted: 0 });
    expect(commits).toBe(1);
  });

  test('commits what has come when the time is over', async () => {
    buffer.add(madeUpEvents(3));
    await clock.advance(600);
    buffer.add(madeUpEvents(2));
    await clock.advance(399);
    expect(outbox.counts().stored).toBe(0);
    await clock.advance(1);
    expect(outbox.counts().stored).toBe(5);
    expect(commits).toBe(1);
    expect(clock.sleepers).toBe(0);
  });

  test('commits what is left at the end', async () => {
    buffer.add(madeUpEvents(4));
    await buffer[Symbol.asyncDispose]();
    expect(outbox.counts()).toMatchObject({ made: 4, stored: 4 });
  });
});

describe('a disk that refuses', () => {
  test('loses nothing that memory can hold, and is tried again ever more slowly until it takes it', async () => {
    blockDisk();
    buffer.add(madeUpEvents(250));
    expect(refusals).toHaveLength(1);
    buffer.add(madeUpEvents(250));
    expect(refusals).toHaveLength(1);
    await clock.advance(2000);
    expect(refusals).toHaveLength(2);
    await clock.advance(2000);
    expect(refusals).toHaveLength(2);
    await clock.advance(1000);
    expect(refusals).toHaveLength(3);
    expect(buffer.counts()).toMatchObject({ made: 500, inOutbox: 500, uncommitted: 500 });
    unblockDisk();
    await clock.advance(30_000);
    expect(buffer.counts()).toMatchObject({ made: 500, inOutbox: 500, uncommitted: 0 });
    expect(commits).toBe(1);
    expectConservation();
  });

  test('drops the oldest beyond what memory may hold, and counts them for good once it can', async () => {
    blockDisk();
    const events = madeUpEvents(uncommittedMax + 700);
    for (let start = 0; start < events.length; start += 100) buffer.add(events.slice(start, start + 100));
    expect(buffer.counts()).toMatchObject({
      made: uncommittedMax + 700,
      uncommitted: uncommittedMax,
      dropped: { disk_full: 700 },
    });
    expectConservation();
    unblockDisk();
    await clock.advance(60_000);
    expect(outbox.counts()).toMatchObject({
      made: uncommittedMax + 700,
      stored: uncommittedMax,
      dropped: { disk_full: 700 },
    });
    expect(outbox.read({ after: 0, through: 701, limit: 1 })[0]?.event).toEqual(events[700]);
    expectConservation();
  });
});

test('events that nobody tries to commit any more are a hang, and those that the disk refuses are none', async () => {
  blockDisk();
  buffer.add(madeUpEvents(1));
  for (let minute = 0; minute < 5; minute += 1) {
    await clock.advance(hangsAfterMs);
    expect(buffer.pulse.hangs).toBe(false);
  }
  expect(refusals.length).toBeGreaterThan(2);
  unblockDisk();
  await clock.advance(hangsAfterMs);
  expect(commits).toBe(1);
  await clock.advance(2 * hangsAfterMs);
  expect(buffer.pulse.hangs).toBe(false);

  const lostTimer = Object.assign(new ManualClock(), { sleep: () => new Promise<never>(() => {}) });
  const [options] = [{ outbox, clock: lostTimer, random: () => 0.5, flushRows: 200, flushMs: 1000 }];
  const forgotten = new EventBuffer({ ...options, onCommitted: () => {}, onRefused: () => {} });
  forgotten.add(madeUpEvents(1));
  await lostTimer.advance(1000 + hangsAfterMs + 1);
  expect(forgotten.pulse.hangs).toBe(true);
});
