import { eventIdTimeMs } from '@tdc/shared/event-id.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClockChange, ClockWatch } from './clock-watch.ts';
import { madeUpWaitingEvents } from './made-up-waiting-event.ts';
import type { PassageEvent } from './passage.ts';
import { steadyClock } from './steady-clock.ts';
import { isWaiting, type WaitingEvent } from './waiting-room.ts';

const hour = 3_600_000;
const minute = 60_000;
/** The true time at which the machine was booted; its clock says 1970 then. */
const bootedAtMs = Date.UTC(2026, 10, 25, 8);

let system: ManualClock;
let synchronised: boolean;
let changes: ClockChange[];

/** An agent's time in a boot, of a process that begins now. */
function process(given: { trust?: boolean; bootId?: string } = {}) {
  const clock = steadyClock(system);
  const watch = new ClockWatch({
    clock,
    voucher: { note: () => {}, vouches: async () => synchronised },
    trust: false,
    bootId: 'this boot',
    waitMsMax: 6 * hour,
    onChange: (change) => changes.push(change),
    ...given,
  });
  /** A passage of the last ten seconds. */
  const passage = (): PassageEvent => {
    const { passage: any } = madeUpWaitingEvents(1)[0] ?? expect.unreachable();
    const nowMs = clock.nowMs();
    const times = { firstSeenMs: nowMs - 10_000, referenceTimeMs: nowMs - 6000, lastSeenMs: nowMs - 2000 };
    return { ...any, ...times, madeAtMs: nowMs };
  };
  return { clock, watch, passage };
}

const trueMs = () => bootedAtMs + system.monotonicMs();
/** A time server sets the clock, and the kernel is told. */
function synchronise(): void {
  system.step(trueMs() - system.nowMs());
  synchronised = true;
}
/** Somebody sets the clock: the kernel forgets that it was synchronised. */
function setByHand(ms: number): void {
  system.step(ms);
  synchronised = false;
}
const waiting = (event: ReturnType<ClockWatch['date']>): WaitingEvent =>
  isWaiting(event) ? event : expect.unreachable('it has a time');

beforeEach(() => {
  system = new ManualClock(20_000);
  synchronised = false;
  changes = [];
});

describe('a boot with the clock in 1970, synchronised ten minutes later', () => {
  test('has the events of before corrected to their times, from the first second on', async () => {
    const { watch, passage } = process();
    const made: { readonly event: WaitingEvent; readonly atMs: number }[] = [];
    for (let second = 0; second < 600; second += 20) {
      await watch.look();
      expect(watch.state).toBe('unsynchronised');
      made.push({ event: waiting(watch.date(passage())), atMs: trueMs() - 6000 });
      await system.advance(20_000);
    }
    synchronise();
    await watch.look();
    expect(watch.state).toBe('synchronised');
    expect(changes).toMatchObject([{ type: 'believed', now: { step: { stepMs: bootedAtMs } } }]);
    for (const { event, atMs } of made) {
      const released = watch.release({ number: 7, waiting: event })?.event;
      expect(released).toMatchObject({
        referenceTimeMs: atMs,
        firstSeenMs: atMs - 4000,
        lastSeenMs: atMs + 4000,
        madeAtMs: atMs + 6000,
        clockQuality: 'corrected',
      });
      expect(eventIdTimeMs(released?.id ?? '')).toBe(atMs);
    }
  });

  test('corrects a passage that was under way, and believes those of after at once', async () => {
    const { watch, passage } = process();
    synchronise();
    await watch.look();
    await system.advance(5000);
    expect(watch.date(passage())).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'corrected' });
    await system.advance(5000);
    expect(watch.date(passage())).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'synchronised' });
  });

  test('corrects what another process of the same boot has left', async () => {
    const before = process();
    const left = waiting(before.watch.date(before.passage()));
    const atMs = trueMs() - 6000;
    await system.advance(3 * minute);
    synchronise();
    await system.advance(hour);
    const { watch } = process();
    await watch.look();
    expect(watch.release({ number: 1, waiting: left })?.event).toMatchObject({
      referenceTimeMs: atMs,
      clockQuality: 'corrected',
    });
  });
});

describe('a boot that never was synchronised', () => {
  const earlier = (offsetMs: number): WaitingEvent => {
    const [event] = madeUpWaitingEvents(1, { bootId: 'an earlier boot', offsetMs });
    return event ?? expect.unreachable();
  };

  test('leaves events with the time that its clock had, marked, where that could be true', async () => {
    const yesterdayMs = bootedAtMs - 24 * hour;
    synchronise();
    const { watch } = process();
    await watch.look();
    expect(watch.release({ number: 3, waiting: earlier(yesterdayMs) })).toMatchObject({
      number: 3,
      event: { referenceTimeMs: yesterdayMs + 60_000, clockQuality: 'unsynchronised' },
    });
  });

  test.each([
    ['in 1970', 5000],
    ['more than 31 days ago', bootedAtMs - 32 * 24 * hour],
    ['in the future', bootedAtMs + hour],
  ])('has events that the collector would refuse dropped: %s', async (_, offsetMs) => {
    synchronise();
    const { watch } = process();
    await watch.look();
    expect(watch.release({ number: 3, waiting: earlier(offsetMs) })).toEqual({ number: 3, event: undefined });
  });

  test('has its events sent as they are once they have waited long enough, if they can be', async () => {
    setByHand(bootedAtMs - hour);
    const { watch, passage } = process();
    const event = waiting(watch.date(passage()));
    const atMs = system.nowMs() - 6000;
    await system.advance(6 * hour);
    expect(watch.release({ number: 1, waiting: event })).toBeUndefined();
    await system.advance(1);
    expect(watch.release({ number: 1, waiting: event })?.event).toMatchObject({
      referenceTimeMs: atMs,
      clockQuality: 'unsynchronised',
    });
  });

  test('keeps those of 1970 waiting, and marks them where the monotonic clock alone is too long to be trusted', async () => {
    const { watch, passage } = process();
    const event = waiting(watch.date(passage()));
    const atMs = trueMs() - 6000;
    await system.advance(7 * hour);
    await watch.look();
    expect(watch.release({ number: 1, waiting: event })).toBeUndefined();
    synchronise();
    await watch.look();
    expect(watch.release({ number: 1, waiting: event })?.event).toMatchObject({
      referenceTimeMs: atMs,
      clockQuality: 'unsynchronised',
    });
  });
});

describe('a clock that was synchronised', () => {
  test.each([hour, -hour])('and is set by %d ms by hand goes on as before, and says so once', async (ms) => {
    synchronise();
    const { watch, passage } = process();
    await watch.look();
    await system.advance(minute);
    setByHand(ms);
    for (let second = 0; second < 3; second += 1) {
      expect(watch.date(passage())).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'synchronised' });
      await system.advance(1000);
      await watch.look();
    }
    expect(changes.slice(1)).toEqual([{ type: 'doubted', stepMs: ms }]);
    synchronise();
    await watch.look();
    expect(watch.date(passage())).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'synchronised' });
    expect(changes).toHaveLength(2);
  });

  test.each([hour, -hour])(
    'and is set by %d ms by a time server is followed; passages under way are corrected',
    async (ms) => {
      synchronise();
      system.step(-ms);
      const { watch, passage } = process();
      await watch.look();
      await system.advance(minute);
      const underWay = passage();
      system.step(ms);
      await watch.look();
      expect(watch.date(underWay)).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'corrected' });
      expect(watch.belief.step).toMatchObject({ stepMs: ms });
      await system.advance(20_000);
      expect(watch.date(passage())).toMatchObject({ referenceTimeMs: trueMs() - 6000, clockQuality: 'synchronised' });
    },
  );
});

test('a clock that the operator trusts is followed wherever it goes', async () => {
  system.step(bootedAtMs);
  const { watch, passage } = process({ trust: true });
  await watch.look();
  expect(watch.state).toBe('trusted');
  await system.advance(minute);
  expect(watch.date(passage())).toMatchObject({ clockQuality: 'synchronised' });
  system.step(-hour);
  await watch.look();
  expect(watch.date(passage())).toMatchObject({ referenceTimeMs: system.nowMs() - 6000, clockQuality: 'corrected' });
});
