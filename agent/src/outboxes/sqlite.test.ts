import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { madeUpEvent, madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeUpWaitingEvents } from '../made-up-waiting-event.ts';
import { contractBytesMax, outboxContract } from './outbox.contract.ts';
import { SqliteOutbox } from './sqlite.ts';
import type { Recovery } from './sqlite-file.ts';

let folder: string;
let file: string;
let recoveries: Recovery[];

const t0 = Date.parse('2025-03-04T05:06:07.008Z');
const whole = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };
const openOutbox = (bytesMax = contractBytesMax) =>
  new SqliteOutbox({ file, bytesMax, nowMs: () => t0, onRecovered: (recovery) => recoveries.push(recovery) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-outbox-'));
  file = join(folder, 'outbox.sqlite');
  recoveries = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

outboxContract('a SQLite file', () => {
  let outbox = openOutbox();
  return {
    outbox,
    reopen() {
      outbox[Symbol.dispose]();
      outbox = openOutbox();
      outbox.open();
      return outbox;
    },
    [Symbol.dispose]: () => outbox[Symbol.dispose](),
  };
});

/** Leaves a file with 500 events made, 100 acknowledged and 400 stored, closed. */
function leaveFile(): void {
  using outbox = openOutbox();
  outbox.append(madeUpEvents(500));
  outbox.settle(
    Array.from({ length: 100 }, (_, index) => index + 1),
    [],
  );
}

/** Opens a damaged file, and shows that the agent has a working outbox. */
function expectRecovery(): { readonly outbox: SqliteOutbox; readonly recovery: Recovery } {
  const outbox = openOutbox();
  outbox.open();
  const [recovery] = recoveries;
  if (recovery === undefined) throw new Error('nothing was reported');
  const before = outbox.counts().made;
  outbox.append(madeUpEvents(7));
  expect(outbox.counts()).toMatchObject({ made: before + 7, stored: 7 });
  return { outbox, recovery };
}

describe('a file that is not sound', () => {
  test('of garbage is moved aside as it was and reported, and the counts begin anew', () => {
    const text = 'this is a shopping list, not a database\n'.repeat(500);
    writeFileSync(file, text);
    const { outbox, recovery } = expectRecovery();
    expect(recovery).toEqual({
      movedTo: `${file}.corrupt-20250304T050607008Z`,
      reason: 'file is not a database',
      eventsLost: undefined,
    });
    expect(readFileSync(recovery.movedTo, 'utf8')).toBe(text);
    expect(outbox.counts().made).toBe(7);
    outbox[Symbol.dispose]();
  });

  test.each(['truncated', 'with a page of zeros', 'with a page of noise'])('%s is moved aside', (damage) => {
    leaveFile();
    const bytes = readFileSync(file);
    const page = 4096;
    if (damage === 'truncated') truncateSync(file, bytes.length - 3 * page);
    else {
      const from = bytes.length - 4 * page;
      for (let at = from; at < from + page; at += 1) bytes[at] = damage.endsWith('zeros') ? 0 : (at * 7919) % 251;
      writeFileSync(file, bytes);
    }
    const { outbox, recovery } = expectRecovery();
    expect(recovery.movedTo).toContain('.corrupt-');
    const { made, acknowledged, stored, dropped } = outbox.counts();
    expect(made).toBe(acknowledged + stored + dropped.corrupt);
    outbox[Symbol.dispose]();
  });

  test('but still tells its counts has them carried over, and what it held counted as lost', () => {
    leaveFile();
    const bytes = readFileSync(file);
    bytes.fill(0, bytes.length - 4096);
    writeFileSync(file, bytes);
    const { outbox, recovery } = expectRecovery();
    expect(recovery.eventsLost).toBe(400);
    expect(outbox.counts()).toMatchObject({ made: 507, acknowledged: 100, stored: 7, dropped: { corrupt: 400 } });
    expect(outbox.read(whole)[0]?.seq).toBe(501);
    outbox[Symbol.dispose]();
  });

  test('of zero bytes is a new file', () => {
    writeFileSync(file, '');
    using outbox = openOutbox();
    outbox.append(madeUpEvents(1));
    expect(recoveries).toEqual([]);
  });

  test.each([
    ['of another schema version', 'PRAGMA user_version = 7', 'schema version 7: expected 2'],
    ['with other tables', 'ALTER TABLE events ADD COLUMN extra TEXT', 'tables that are not those of an outbox'],
    ['without its counts', 'DELETE FROM counters', 'the counts are missing'],
    [
      'with fewer events than counted',
      'DELETE FROM events WHERE seq = 300',
      'events: 399 up to number 500: expected 400 up to 500',
    ],
  ])('%s is moved aside', (_, statement, reason) => {
    leaveFile();
    const database = new Sqlite(file);
    database.exec(statement);
    database.close();
    const { outbox, recovery } = expectRecovery();
    expect(recovery.reason).toContain(reason);
    outbox[Symbol.dispose]();
  });

  test('takes its write-ahead log along', () => {
    writeFileSync(file, 'no database '.repeat(1000));
    writeFileSync(`${file}-wal`, 'nor a log '.repeat(1000));
    const { outbox, recovery } = expectRecovery();
    expect(readFileSync(`${recovery.movedTo}-wal`, 'utf8')).toContain('nor a log');
    outbox[Symbol.dispose]();
  });

  test('is kept beside the new one, two at most', () => {
    for (let round = 0; round < 4; round += 1) {
      writeFileSync(file, `garbage of round ${round} `.repeat(1000));
      expectRecovery().outbox[Symbol.dispose]();
    }
    const kept = readdirSync(folder).filter((name) => /\.corrupt-[^-]*$/.test(name));
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8').slice(17, 18)).sort()).toEqual(['2', '3']);
  });

  test('is found out while it is in use, and the next call has a new one', () => {
    const outbox = openOutbox(16 * 1024 * 1024);
    // More than SQLite keeps in memory.
    outbox.append(madeUpEvents(60_000));
    outbox[Symbol.dispose]();
    outbox.open();
    writeFileSync(file, readFileSync(file).fill(0xab, 4096));
    expect(() => outbox.read(whole)).toThrow(UnavailableError);
    outbox.append(madeUpEvents(5));
    expect(recoveries).toHaveLength(1);
    expect(outbox.read(whole)).toHaveLength(5);
    outbox[Symbol.dispose]();
  });
});

test('events stored by a version that knew no device classes are read, and sit beside new ones', () => {
  // What was written for an event of a classic device before there was a field 16.
  const bytes = Buffer.from(
    'ChowMUhGN1lBVDAwWEpRQjlINzNRTUs5WU45QxICRDEYASABKghjMGZmZWUwMTDbmQFAgICoseOf58sXSICw+73Un+fLF1CA8rPZ7J/nyxdYeWAHcAF4gJT4qN6g58sX',
    'base64',
  );
  {
    using outbox = openOutbox();
    outbox.append(madeUpEvents(1));
  }
  const database = new Sqlite(file);
  database.prepare('UPDATE events SET event = ?').run(bytes);
  database.close();
  using outbox = openOutbox();
  const event = madeUpEvent({ deviceClass: 'phone' });
  outbox.append([event]);
  expect(recoveries).toEqual([]);
  const [old, fresh] = outbox.read(whole);
  expect(old?.event).toMatchObject({ detectorId: 'D1', kind: 'classic', rssiPeakDbm: -61, sightings: 7 });
  expect(old?.event).not.toHaveProperty('deviceClass');
  expect(fresh?.event).toEqual(event);
});

describe('a file of the version before events waited for the clock', () => {
  /** 500 made, 100 of them acknowledged and 40 dropped. */
  function leaveFileOfVersion1(): readonly DetectionEvent[] {
    const events = madeUpEvents(360);
    const database = new Sqlite(file);
    database.exec(`CREATE TABLE counters (
    made INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
    overflow INTEGER NOT NULL, disk_full INTEGER NOT NULL, rejected INTEGER NOT NULL, corrupt INTEGER NOT NULL
  ) STRICT`);
    database.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT');
    database.exec('INSERT INTO counters VALUES (500, 100, 10, 11, 12, 7)');
    const insert = database.prepare('INSERT INTO events VALUES (?, ?)');
    for (const [index, event] of events.entries()) insert.run(141 + index, Event.encode(eventToWire(event)).finish());
    database.pragma('user_version = 1');
    database.close();
    return events;
  }

  test('is taken over with its events and its counts', () => {
    const events = leaveFileOfVersion1();
    for (const _ of ['the first time', 'again']) {
      using outbox = openOutbox();
      outbox.open();
      expect(outbox.read(whole)).toEqual(events.map((event, index) => ({ seq: 141 + index, event })));
      expect(outbox.counts()).toEqual({
        made: 500,
        acknowledged: 100,
        stored: 360,
        waiting: 0,
        dropped: { overflow: 10, disk_full: 11, rejected: 12, corrupt: 7, never_synchronised: 0 },
      });
      expect(outbox.lastSeq()).toBe(500);
    }
    expect(recoveries).toEqual([]);
    using outbox = openOutbox();
    outbox.append(madeUpWaitingEvents(1));
    expect(outbox.waitingAfter(0, 2).map(({ number }) => number)).toEqual([501]);
  });

  test('that is damaged has its counts carried over', () => {
    leaveFileOfVersion1();
    const bytes = readFileSync(file);
    bytes.fill(0, bytes.length - 4096);
    writeFileSync(file, bytes);
    const { outbox, recovery } = expectRecovery();
    expect(recovery.eventsLost).toBe(360);
    expect(outbox.counts()).toMatchObject({ made: 507, acknowledged: 100, stored: 7, dropped: { corrupt: 367 } });
    outbox[Symbol.dispose]();
  });
});

test('a waiting event that cannot be read back is dropped and counted', () => {
  {
    using outbox = openOutbox();
    outbox.append(madeUpWaitingEvents(3));
  }
  const database = new Sqlite(file);
  database.prepare('UPDATE waiting SET event = ? WHERE number = 2').run(Buffer.from([0xff]));
  database.close();
  using outbox = openOutbox();
  expect(outbox.waitingAfter(0, 10).map(({ number }) => number)).toEqual([1, 3]);
  expect(outbox.counts()).toMatchObject({ made: 3, stored: 2, waiting: 2, dropped: { corrupt: 1 } });
});

describe('an event that cannot be read back', () => {
  test.each([
    ['no message', Buffer.from([0xff, 0xff, 0xff])],
    ['a message without an id', Buffer.from([0x12, 0x02, 0x44, 0x31])],
  ])('(%s) is dropped and counted instead of blocking those behind it', (_, bytes) => {
    {
      using outbox = openOutbox();
      outbox.append(madeUpEvents(5));
    }
    const database = new Sqlite(file);
    database.prepare('UPDATE events SET event = ? WHERE seq IN (1, 2)').run(bytes);
    database.close();
    using outbox = openOutbox();
    expect(outbox.read({ after: 0, through: 5, limit: 2 }).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(outbox.counts()).toMatchObject({ made: 5, stored: 3, dropped: { corrupt: 2 } });
  });
});

describe('a place that cannot be written', () => {
  test('makes every call unavailable until it can, and then all goes on', () => {
    mkdirSync(join(folder, 'outbox.sqlite-wal'));
    using outbox = openOutbox();
    expect(() => outbox.open()).toThrow(UnavailableError);
    expect(() => outbox.append(madeUpEvents(1))).toThrow(UnavailableError);
    expect(() => outbox.read(whole)).toThrow(UnavailableError);
    expect(outbox.counts()).toMatchObject({ made: 0, stored: 0 });
    rmdirSync(join(folder, 'outbox.sqlite-wal'));
    outbox.append(madeUpEvents(2));
    expect(outbox.counts()).toMatchObject({ made: 2, stored: 2 });
    expect(recoveries).toEqual([]);
  });
});

test('a folder that is gone makes every call unavailable', () => {
  using outbox = new SqliteOutbox({
    file: join(folder, 'gone', 'outbox.sqlite'),
    bytesMax: contractBytesMax,
    nowMs: () => t0,
    onRecovered: () => {},
  });
  expect(() => outbox.append(madeUpEvents(1))).toThrow(UnavailableError);
});

describe('the limit', () => {
  test('lowered below what is stored drops the oldest when the file is opened', () => {
    const large = openOutbox(16 * 1024 * 1024);
    large.append(madeUpEvents(60_000));
    expect(large.counts().stored).toBe(60_000);
    large[Symbol.dispose]();
    using small = openOutbox(contractBytesMax);
    small.open();
    expect(small.size().bytes).toBeLessThanOrEqual(contractBytesMax);
    const { stored, dropped } = small.counts();
    expect(stored + dropped.overflow).toBe(60_000);
    expect(small.read(whole).at(-1)?.seq).toBe(60_000);
  });

  test('that could not hold anything is refused', () => {
    expect(() => openOutbox(1000)).toThrow('bytesMax is 1000: expected at least 65536');
  });
});
