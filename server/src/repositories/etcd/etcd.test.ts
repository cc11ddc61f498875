import { systemClock } from '@tdc/shared/clock.ts';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Repository } from '../../repository.ts';
import { allEvents, detector } from '../contract-subject.ts';
import { EtcdCluster } from './etcd-process.ts';
import { openEtcdRepository } from './repository.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });
let cluster: EtcdCluster;
let repository: Repository;

const open = (prefix = 'tdc', auth?: { username: string; password: string }) =>
  openEtcdRepository(
    {
      endpoints: cluster.endpoints,
      prefix,
      clock: systemClock,
      logger,
      historyMinutes: 0,
      ...(auth === undefined ? {} : { auth }),
    },
    never,
  );

async function start(flags: readonly string[] = [], members = 1): Promise<void> {
  cluster = await EtcdCluster.start({ flags, members });
  repository = await open();
  for (const id of ['D1', 'D2']) await repository.network.putDetector(detector(id), never);
}
afterEach(async () => {
  await repository[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

/** All events that a follower gives until there are as many. */
async function followed(cursor: string | undefined, count: number): Promise<readonly DetectionEvent[]> {
  const found: DetectionEvent[] = [];
  for await (const { events } of repository.events.follow(cursor, AbortSignal.timeout(20_000))) {
    found.push(...events);
    if (found.length >= count) break;
  }
  return found;
}

async function cursorNow(): Promise<string> {
  for await (const { cursor } of repository.events.follow(undefined, never)) return cursor;
  throw new Error('the follower ended');
}

describe('what is in etcd', () => {
  beforeEach(() => start());

  test('stands under the documented keys, as JSON that etcdctl shows', async () => {
    const event = madeUpEvent({ referenceTimeMs: 1_563_568_123_456 });
    await repository.events.append([event], never);
    await repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
    const [key, value] = cluster.ctl('get', '--prefix', '/tdc/detectors/D1/').trim().split('\n');
    expect(key).toBe(`/tdc/detectors/D1/1563568100/${event.id}.${event.deviceId}`);
    expect(JSON.parse(value ?? '')).toMatchObject({ timestamp: '1563568123456000000', kind: 'classic', sightings: 7 });
    const [linkKey, link] = cluster.ctl('get', '--prefix', '/tdc/links/').trim().split('\n');
    expect(linkKey).toBe('/tdc/links/D2/D1');
    expect(JSON.parse(link ?? '')).toEqual({ max_seconds: '600' });
  });

  test('may be put there by hand, with no more than a timestamp, and what is none is passed over', async () => {
    const cursor = await cursorNow();
    const id = '01DG4V5Z80ABCDEFGHJKMNPQRS';
    cluster.ctl('put', `/tdc/detectors/D1/1563568100/${id}.c0ffee`, '{"timestamp":"1563568100000000000"}');
    cluster.ctl('put', '/tdc/detectors/D1/1563568100/01DG4V5Z80ABCDEFGHJKMNPQRT.c0ffee', 'not JSON');
    cluster.ctl('put', '/tdc/detectors/D1/1563568100/rubbish', '{"timestamp":"1563568100000000000"}');
    const byHand = { id, detectorId: 'D1', deviceId: 'c0ffee', referenceTimeMs: 1_563_568_100_000, sightings: 1 };
    for (const order of ['oldest-first', 'newest-first'] as const) {
      expect(await allEvents(repository, { order })).toEqual([expect.objectContaining(byHand)]);
    }
    expect(await followed(cursor, 1)).toEqual([expect.objectContaining(byHand)]);
    cluster.ctl('put', '/tdc/links/D1/D2', '{"max_seconds":"600"}');
    expect(await repository.network.links(never)).toEqual([
      { fromDetectorId: 'D2', toDetectorId: 'D1', maxSeconds: 600 },
    ]);
  });

  test('is refused when a newer version has written it, or something else', async () => {
    cluster.ctl('put', '/newer/schema', '{"version":99,"store":"0123456789ab"}');
    await expect(open('newer')).rejects.toThrow(PreconditionError);
    cluster.ctl('put', '/other/schema', 'mine');
    await expect(open('other')).rejects.toThrow(/other\/schema in etcd is not ours/);
  });

  test('is followed without a gap although its history was compacted meanwhile', async () => {
    await repository.events.append([madeUpEvent()], never);
    const cursor = await cursorNow();
    const missed = Array.from({ length: 2500 }, (_, i) =>
      madeUpEvent({ detectorId: i % 2 === 0 ? 'D1' : 'D2', referenceTimeMs: 1_700_000_000_000 + i * 1000 }),
    );
    for (let i = 0; i < missed.length; i += 500) await repository.events.append(missed.slice(i, i + 500), never);
    const revision = /"revision":(\d+)/.exec(cluster.ctl('get', 'x', '--write-out=json'))?.[1] ?? '';
    cluster.ctl('compact', revision);
    const found = await followed(cursor, missed.length);
    expect(found.map(({ id }) => id).toSorted()).toEqual(missed.map(({ id }) => id).toSorted());
  });

  test('is followed without a gap through a restart of etcd', async () => {
    const cursor = await cursorNow();
    const reading = followed(cursor, 2);
    const [before, after] = [madeUpEvent(), madeUpEvent()];
    await repository.events.append([before], never);
    const [member] = cluster.members;
    await member?.kill();
    member?.start();
    await cluster.healthy();
    await expect
      .poll(() => repository.events.append([after], never).then(() => 'stored', String), { timeout: 20_000 })
      .toBe('stored');
    expect((await reading).map(({ id }) => id)).toEqual([before.id, after.id]);
  });
});

describe('trouble', () => {
  test('of a member that hangs is told in time, and over when it goes on', async () => {
    await start();
    cluster.members[0]?.signal('SIGSTOP');
    await expect(repository.ping(never)).rejects.toThrow(UnavailableError);
    await expect(repository.events.append([madeUpEvent()], never)).rejects.toThrow(UnavailableError);
    cluster.members[0]?.signal('SIGCONT');
    await expect.poll(() => repository.ping(never).then(() => 'well', String), { timeout: 20_000 }).toBe('well');
    await repository.events.append([madeUpEvent()], never);
  }, 60_000);

  test('of a full etcd is told by its name, and over once it was mended', async () => {
    await start(['--quota-backend-bytes', String(16 * 1024 * 1024)]);
    let refusal: unknown;
    for (let batches = 0; refusal === undefined && batches < 200; batches++) {
      const events = Array.from({ length: 1000 }, () => madeUpEvent());
      await repository.events.append(events, never).catch((error: unknown) => {
        refusal = error;
      });
    }
    expect(refusal).toBeInstanceOf(UnavailableError);
    expect(String(refusal)).toContain('NOSPACE');
    await expect(repository.ping(never)).rejects.toThrow(/NOSPACE/);
    expect((await allEvents(repository, {})).length).toBeGreaterThan(1000);
    await repository.events.removeBefore('D1', Date.now(), never);
    const revision = /"revision":(\d+)/.exec(cluster.ctl('get', 'x', '--write-out=json'))?.[1] ?? '';
    cluster.ctl('compact', '--physical', revision);
    cluster.ctl('defrag');
    cluster.ctl('alarm', 'disarm');
    await repository.ping(never);
    await repository.events.append([madeUpEvent()], never);
  }, 60_000);

  test('of a lost majority leaves what can be read, with how old it is, and takes nothing until it is back', async () => {
    await start([], 3);
    const event = madeUpEvent();
    await repository.events.append([event], never);
    expect(await allEvents(repository, {})).toEqual([event]);
    expect(repository.staleSinceMs()).toBeUndefined();
    const lostAtMs = Date.now();
    const [, second, third] = cluster.members;
    await Promise.all([second?.kill(), third?.kill()]);
    await expect(repository.ping(never)).rejects.toThrow(UnavailableError);
    for (const order of ['oldest-first', 'newest-first'] as const) {
      expect(await allEvents(repository, { order })).toEqual([event]);
      await expect(allEvents(repository, { order, reads: 'committed' })).rejects.toThrow(UnavailableError);
    }
    expect((await repository.network.detectors(never)).map(({ id }) => id)).toEqual(['D1', 'D2']);
    expect(repository.staleSinceMs()).toBeLessThanOrEqual(lostAtMs);
    await expect(repository.events.append([madeUpEvent()], never)).rejects.toThrow(UnavailableError);
    second?.start();
    await expect.poll(() => repository.ping(never).then(() => 'well', String), { timeout: 20_000 }).toBe('well');
    expect(repository.staleSinceMs()).toBeUndefined();
    await repository.events.append([madeUpEvent()], never);
  }, 60_000);

  test('of a wrong password is told, and a right one works', async () => {
    await start();
    cluster.ctl('user', 'add', 'root:right');
    cluster.ctl('user', 'grant-role', 'root', 'root');
    cluster.ctl('auth', 'enable');
    await expect(open('tdc', { username: 'root', password: 'wrong' })).rejects.toThrow(
      /refuses the user name or the password/,
    );
    await expect(open('tdc')).rejects.toThrow(UnavailableError);
    await using allowed = await open('tdc', { username: 'root', password: 'right' });
    await allowed.events.append([madeUpEvent()], never);
    expect(await allEvents(allowed, {})).toHaveLength(1);
  });
});
