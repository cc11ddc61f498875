import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent, madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeUpWaitingEvents } from '../made-up-waiting-event.ts';
import type { Outbox, OutboxEntry } from '../outbox.ts';
import type { WaitingRoom } from '../waiting-room.ts';

/** A fresh, empty outbox, and the way to leave it and come back as another process would. */
export interface OutboxUnderTest extends Disposable {
  readonly outbox: Outbox & WaitingRoom;
  reopen(): Outbox & WaitingRoom;
}

const whole = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };

/** The highest size at which every adapter must work: small, so that the limit is reached in a test. */
export const contractBytesMax = 256 * 1024;

/** What every adapter of the port must do; `open` gives one that is limited to `contractBytesMax`. */
export function outboxContract(adapter: string, open: () => OutboxUnderTest): void {
  describe(`${adapter} as an outbox`, () => {
    let subject: OutboxUnderTest;
    let outbox: Outbox & WaitingRoom;
    beforeEach(() => {
      subject = open();
      outbox = subject.outbox;
    });
    afterEach(() => subject[Symbol.dispose]());

    const all = (): readonly OutboxEntry[] => outbox.read(whole);
    const expectConservation = () => {
      const { made, acknowledged, stored, waiting, dropped } = outbox.counts();
      expect(made).toBe(acknowledged + stored + Object.values(dropped).reduce((sum, count) => sum + count, 0));
      expect(stored).toBe(all().length + waiting);
      expect(waiting).toBe(outbox.waitingAfter(0, 1_000_000).length);
    };

    test('gives back what it was given, in order, before and after coming back', () => {
      const events = [
        madeUpEvent(),
        madeUpEvent({ deviceClass: 'car-kit' }),
        madeUpEvent({ kind: 'ble', addressClass: 'random-static', previousDeviceId: 'deadbeef', resident: true }),
        withoutRssi(madeUpEvent({ kind: 'anpr', clockQuality: 'unsynchronised' })),
      ];
      outbox.append(events);
      expect(all()).toEqual(events.map((event, index) => ({ seq: index + 1, event })));
      outbox = subject.reopen();
      expect(all()).toEqual(events.map((event, index) => ({ seq: index + 1, event })));
      expectConservation();
    });

    test('reads a part by its bounds and its limit', () => {
      outbox.append(madeUpEvents(20));
      const seqs = (after: number, through: number, limit: number) =>
        outbox.read({ after, through, limit }).map(({ seq }) => seq);
      expect(seqs(5, 8, 100)).toEqual([6, 7, 8]);
      expect(seqs(0, 20, 3)).toEqual([1, 2, 3]);
      expect(seqs(18, 99, 100)).toEqual([19, 20]);
      expect(seqs(20, 99, 100)).toEqual([]);
      expect(seqs(8, 5, 100)).toEqual([]);
    });

    test('settles each event once, as acknowledged or as rejected', () => {
      outbox.append(madeUpEvents(10));
      outbox.settle([1, 2, 3], [4]);
      outbox.settle([1, 2, 3, 4, 5], [4, 77]);
      expect(outbox.counts()).toMatchObject({ made: 10, acknowledged: 4, stored: 5, dropped: { rejected: 1 } });
      expect(all().map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
      expectConservation();
    });

    test('never gives a sequence number twice, not even after it was empty', () => {
      outbox.append(madeUpEvents(3));
      outbox.settle([1, 2, 3], []);
      outbox = subject.reopen();
      expect(outbox.lastSeq()).toBe(3);
      outbox.append(madeUpEvents(1));
      expect(all().map(({ seq }) => seq)).toEqual([4]);
    });

    test('counts events that were given up before they could be stored', () => {
      outbox.append(madeUpEvents(2));
      outbox.drop('disk_full', 40);
      outbox.append(madeUpEvents(1));
      expect(outbox.counts()).toMatchObject({ made: 43, stored: 3, dropped: { disk_full: 40 } });
      expect(all().map(({ seq }) => seq)).toEqual([1, 2, 43]);
      outbox = subject.reopen();
      expectConservation();
    });

    test('takes nothing of an append, a settlement or a drop of nothing', () => {
      outbox.append([]);
      outbox.settle([], []);
      outbox.drop('overflow', 0);
      expect(outbox.counts()).toMatchObject({ made: 0, acknowledged: 0, stored: 0 });
    });

    test('drops the oldest at its limit, counts them, and keeps the newest', () => {
      const events = madeUpEvents(6000);
      for (let start = 0; start < events.length; start += 250) {
        outbox.append(events.slice(start, start + 250));
        expect(outbox.size().bytes).toBeLessThanOrEqual(contractBytesMax);
      }
      const { made, stored, dropped } = outbox.counts();
      expect(made).toBe(6000);
      expect(dropped.overflow).toBeGreaterThan(0);
      expect(stored).toBeGreaterThan(1000);
      expect(all().map(({ event }) => event)).toEqual(events.slice(-stored));
      expectConservation();
    });

    test('keeps the newest of one append that is larger than all it can hold', () => {
      const events = madeUpEvents(8000);
      outbox.append(events);
      expect(outbox.size().bytes).toBeLessThanOrEqual(contractBytesMax);
      expect(all().at(-1)?.event).toEqual(events.at(-1));
      expectConservation();
    });

    test('keeps what waits for the clock as it was, apart from what is to be sent, before and after coming back', () => {
      const waiting = madeUpWaitingEvents(3);
      const [event] = madeUpEvents(1);
      if (event === undefined) throw new Error('no event');
      outbox.append([...waiting.slice(0, 2), event, ...waiting.slice(2)]);
      for (const _ of ['before', 'after']) {
        expect(outbox.waitingAfter(0, 10)).toEqual([1, 2, 4].map((number, i) => ({ number, waiting: waiting[i] })));
        expect(outbox.waitingAfter(1, 1)).toEqual([{ number: 2, waiting: waiting[1] }]);
        expect(all()).toEqual([{ seq: 3, event }]);
        expect(outbox.counts()).toMatchObject({ made: 4, stored: 4, waiting: 3 });
        expectConservation();
        outbox = subject.reopen();
      }
    });

    test('sends what is released behind all that was there, once, and drops what has no time', () => {
      outbox.append([...madeUpWaitingEvents(3), ...madeUpEvents(2)]);
      const [first, second] = madeUpEvents(2);
      const released = [
        { number: 1, event: first },
        { number: 2, event: undefined },
        { number: 77, event: second },
      ];
      outbox.release(released);
      outbox.release(released);
      outbox.release([]);
      expect(all().map(({ seq }) => seq)).toEqual([4, 5, 6]);
      expect(all().at(-1)?.event).toEqual(first);
      expect(outbox.lastSeq()).toBe(6);
      expect(outbox.counts()).toMatchObject({ made: 5, stored: 4, waiting: 1, dropped: { never_synchronised: 1 } });
      outbox = subject.reopen();
      expectConservation();
      outbox.append(madeUpEvents(1));
      expect(all().at(-1)?.seq).toBe(7);
    });

    test('drops at its limit what is to be sent before what waits, which is younger', () => {
      outbox.append(madeUpEvents(500));
      for (let n = 0; n < 20; n += 1) {
        outbox.append(madeUpWaitingEvents(300));
        expect(outbox.size().bytes).toBeLessThanOrEqual(contractBytesMax);
      }
      const { made, waiting, dropped } = outbox.counts();
      expect(all()).toEqual([]);
      expect([made, waiting + dropped.overflow]).toEqual([6500, 6500]);
      expect(waiting).toBeGreaterThan(1000);
      expect(outbox.waitingAfter(0, 1)[0]?.number).toBe(6501 - waiting);
      expectConservation();
    });

    test('has room again once events are settled', () => {
      outbox.append(madeUpEvents(1500));
      const full = outbox.size().bytes;
      outbox.settle(
        all().map(({ seq }) => seq),
        [],
      );
      expect(outbox.size().bytes).toBeLessThan(full / 4);
      outbox.append(madeUpEvents(1500));
      expect(outbox.counts().dropped.overflow).toBe(0);
    });
  });
}

function withoutRssi({ rssiPeakDbm: _, ...event }: DetectionEvent): DetectionEvent {
  return event;
}
