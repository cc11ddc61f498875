import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutOfRangeError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allEvents } from '../contract-subject.ts';
import { repositoryContract } from '../repository.contract.ts';
import { openSqliteRepository } from './repository.ts';

const never = new AbortController().signal;
const place = { type: 'plane', xM: 0, yM: 0 } as const;
let folder: string;
const fileNamed = (name: string) => join(folder, name, 'tdc.sqlite');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-repository-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

let opened = 0;
repositoryContract('a SQLite file', async () => {
  const file = fileNamed(String(opened++));
  let repository = openSqliteRepository({ file });
  return {
    repository,
    async reopen() {
      await repository[Symbol.asyncDispose]();
      repository = openSqliteRepository({ file });
      return repository;
    },
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
});

describe('a SQLite file', () => {
  test('is closed to a second server and open to readers', async () => {
    const file = fileNamed('shared');
    await using repository = openSqliteRepository({ file });
    await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
    await repository.events.append([madeUpEvent()], never);
    expect(() => openSqliteRepository({ file })).toThrow(PreconditionError);
    expect(() => openSqliteRepository({ file })).toThrow(/in use by another tdc-server/);
    const reader = new Sqlite(file, { readonly: true });
    expect(reader.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 1 });
    reader.close();
    await repository.events.append([madeUpEvent()], never);
  });

  test('is open to another thread of its server, which hears of what is committed and writes too', async () => {
    const file = fileNamed('two-threads');
    await using repository = openSqliteRepository({ file });
    await using beside = openSqliteRepository({ file, lock: 'held' });
    await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
    await repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D1', maxSeconds: 900 }, never);
    const pages = beside.events.follow(undefined, never)[Symbol.asyncIterator]();
    expect((await pages.next()).value?.events).toEqual([]);
    const next = pages.next();
    const event = madeUpEvent({ detectorId: 'D1' });
    await repository.events.append([event], never);
    expect((await next).value?.events).toEqual([event]);
    await using session = await beside.claims.join('worker', never);
    const claim = (await session.claim('D1', never)) ?? expect.fail('somebody else has it');
    await beside.claims.save(claim, 'a note', never);
    expect(await repository.claims.load('D1', never)).toEqual({ fence: claim.fence, value: 'a note' });
    await expect(async () => openSqliteRepository({ file })).rejects.toThrow(/in use by another tdc-server/);
  });

  test('is free again once its server has ended', async () => {
    const file = fileNamed('free');
    await openSqliteRepository({ file })[Symbol.asyncDispose]();
    await openSqliteRepository({ file })[Symbol.asyncDispose]();
    expect(statSync(join(folder, 'free')).mode & 0o777).toBe(0o700);
  });

  test('commits what was appended before it is closed, and takes nothing after', async () => {
    const file = fileNamed('closing');
    const repository = openSqliteRepository({ file });
    await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
    const follower = repository.events.follow(undefined, never)[Symbol.asyncIterator]();
    await follower.next();
    const appends = [1, 2, 3].map(() => repository.events.append([madeUpEvent()], never));
    await repository[Symbol.asyncDispose]();
    await Promise.all(appends);
    await expect(repository.events.append([madeUpEvent()], never)).rejects.toThrow(UnavailableError);
    await expect(repository.ping(never)).rejects.toThrow(UnavailableError);
    await expect(follower.next()).rejects.toThrow(UnavailableError);
    const reader = new Sqlite(file, { readonly: true });
    expect(reader.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 3 });
    reader.close();
  });

  test('refuses events while another process holds it, and takes them again after', async () => {
    const file = fileNamed('busy');
    await using repository = openSqliteRepository({ file });
    await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
    const intruder = new Sqlite(file);
    intruder.exec('BEGIN IMMEDIATE');
    const event = madeUpEvent();
    await expect(repository.events.append([event], never)).rejects.toThrow(UnavailableError);
    await expect(repository.ping(never)).rejects.toThrow(/SQLITE_BUSY/);
    intruder.exec('ROLLBACK');
    intruder.close();
    await repository.ping(never);
    await repository.events.append([event], never);
    const { events } = await repository.events.scan(
      { detectorId: 'D1', fromMs: 0, toMs: 2 ** 48, order: 'oldest-first', limit: 10, kinds: [] },
      never,
    );
    expect(events).toEqual([event]);
  });

  test('tells a follower when retention has removed what it had not seen', async () => {
    await using repository = openSqliteRepository({ file: fileNamed('history') });
    await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
    const slow = repository.events.follow(undefined, never)[Symbol.asyncIterator]();
    await slow.next();
    const event = madeUpEvent();
    await repository.events.append([event], never);
    await repository.events.removeBefore('D1', event.referenceTimeMs + 1_000_000, never);
    await expect(slow.next()).rejects.toThrow(OutOfRangeError);
  });

  test('goes on for followers when a detector is removed with its events', async () => {
    await using repository = openSqliteRepository({ file: fileNamed('gone') });
    for (const id of ['D1', 'D2']) await repository.network.putDetector({ id, name: '', position: place }, never);
    const slow = repository.events.follow(undefined, never)[Symbol.asyncIterator]();
    await slow.next();
    const kept = madeUpEvent({ detectorId: 'D2' });
    await repository.events.append([madeUpEvent(), kept], never);
    await repository.network.deleteDetector('D1', never);
    expect((await slow.next()).value.events).toEqual([kept]);
  });

  test.each([
    ['text', () => Buffer.from('this was never a database, whatever its name says. '.repeat(40))],
    [
      'noise behind a good header',
      (good: Buffer) => Buffer.concat([good.subarray(0, 100), Buffer.alloc(good.length - 100, 7)]),
    ],
    ['half of the file', (good: Buffer) => good.subarray(0, 4096 * 3)],
  ])('that holds %s is refused by name and left as it is', async (_, damaged) => {
    const file = fileNamed('damaged');
    await openSqliteRepository({ file })[Symbol.asyncDispose]();
    const content = damaged(readFileSync(file));
    writeFileSync(file, content);
    expect(() => openSqliteRepository({ file })).toThrow(UnavailableError);
    expect(() => openSqliteRepository({ file })).toThrow(file);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('of another program or of a newer version is refused', async () => {
    const foreign = join(folder, 'foreign.sqlite');
    const other = new Sqlite(foreign);
    other.exec('CREATE TABLE bookmarks (url TEXT)');
    other.close();
    expect(() => openSqliteRepository({ file: foreign })).toThrow(/another program/);
    const newer = fileNamed('newer');
    await openSqliteRepository({ file: newer })[Symbol.asyncDispose]();
    const raised = new Sqlite(newer);
    raised.pragma('user_version = 99');
    raised.close();
    expect(() => openSqliteRepository({ file: newer })).toThrow(/newer tdc-server/);
  });

  test('of before device classes were kept is brought up to date with its events', async () => {
    const file = fileNamed('before-classes');
    const before = madeUpEvent({ referenceTimeMs: 1_700_000_000_000 });
    {
      await using repository = openSqliteRepository({ file });
      await repository.network.putDetector({ id: 'D1', name: '', position: place }, never);
      await repository.events.append([before], never);
    }
    const older = new Sqlite(file);
    for (const table of [
      'access_tokens',
      'enrolments',
      'certificates',
      'box_keys',
      'letters',
      'alerts',
      'alert_notices',
      'routes',
    ])
      older.exec(`DROP TABLE ${table}`);
    older.exec('ALTER TABLE events DROP COLUMN device_class; PRAGMA user_version = 3');
    older.close();
    await using repository = openSqliteRepository({ file });
    const fresh = madeUpEvent({ referenceTimeMs: 1_700_000_000_001, deviceClass: 'car-kit' });
    await repository.events.append([before, fresh], never);
    expect(await allEvents(repository, {})).toEqual([before, fresh]);
    expect(await allEvents(repository, { deviceClasses: ['car-kit'] })).toEqual([fresh]);
  });

  test('in a folder that cannot be made is refused by name', () => {
    writeFileSync(join(folder, 'occupied'), '');
    const file = join(folder, 'occupied', 'tdc.sqlite');
    expect(() => openSqliteRepository({ file })).toThrow(file);
    expect(existsSync(file)).toBe(false);
  });
});
