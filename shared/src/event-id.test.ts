import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventIdMaker, eventIdTimeMs, eventTimeMsMax, firstEventIdAt, isEventId } from './event-id.ts';

const makeId = eventIdMaker();
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const times = fc.oneof(fc.constantFrom(0, 1, eventTimeMsMax), fc.integer({ min: 0, max: eventTimeMsMax }));
const filledWith = (byte: number) => eventIdMaker((pool) => pool.fill(byte));

describe('the random part of an id', () => {
  test('is all that the bytes allow, from the first id of a time to the last', () => {
    expect(filledWith(0)(1)).toBe('00000000010000000000000000');
    expect(filledWith(255)(1)).toBe('0000000001ZZZZZZZZZZZZZZZZ');
  });

  test('is random at time 0 too', () => {
    expect(filledWith(255)(0)).toBe('0000000000ZZZZZZZZZZZZZZZZ');
  });

  test('is never given twice in a hundred thousand', () => {
    const ids = Array.from({ length: 100_000 }, () => makeId(0));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has each digit equally often where each byte comes equally often', () => {
    const evenly = eventIdMaker((pool) => pool.set(pool.map((_, index) => index % 256)));
    const counts = new Map<string, number>();
    for (let n = 0; n < 512; n += 1) {
      for (const digit of evenly(1).slice(10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    expect([...counts].sort()).toEqual([...digits].map((digit) => [digit, 256]));
  });

  test('uses no byte twice: a pool is filled anew when 512 ids have used it up', () => {
    let filled = 0;
    const make = eventIdMaker((pool) => {
      filled += 1;
      pool.fill(filled * 8);
    });
    const random = Array.from({ length: 513 }, () => make(1).slice(10));
    expect(filled).toBe(2);
    expect(random).toEqual([...Array.from({ length: 512 }, () => '1'.repeat(16)), '2'.repeat(16)]);
  });
});

describe('the time of an id', () => {
  test('is the time that it was made with', () => {
    fc.assert(
      fc.property(times, (timeMs) => {
        expect(eventIdTimeMs(makeId(timeMs))).toBe(timeMs);
      }),
    );
  });

  test('orders ids of different milliseconds, whatever was drawn for them', () => {
    expect(filledWith(255)(0) < filledWith(0)(1)).toBe(true);
    fc.assert(
      fc.property(fc.uniqueArray(times, { minLength: 2, maxLength: 20 }), (some) => {
        const byId = some.map((timeMs) => makeId(timeMs)).sort();
        expect(byId.map(eventIdTimeMs)).toEqual(some.toSorted((a, b) => a - b));
      }),
    );
  });

  test('reaches to the year 2262, the last that int64 nanoseconds can carry', () => {
    expect(new Date(eventIdTimeMs(makeId(eventTimeMsMax))).toISOString()).toBe('2262-04-11T23:47:16.854Z');
    expect(BigInt(eventTimeMsMax + 1) * 1_000_000n > 2n ** 63n - 1n).toBe(true);
  });

  test.each(['', 'x', '0000000001ZZZZZZZZZZZZZZZ', '000000000UZZZZZZZZZZZZZZZZ'])('is not to be had of %j', (text) => {
    expect(() => eventIdTimeMs(text)).toThrow();
  });
});

describe('the first id at a time', () => {
  test('is that of the next whole millisecond, and the smallest of it', () => {
    for (const timeMs of [0.2, 1, 1_700_000_000_000.5, eventTimeMsMax - 1]) {
      expect(firstEventIdAt(timeMs)).toBe(filledWith(0)(Math.ceil(timeMs)));
    }
  });

  test('is that of the first and of the last time there is for times beyond them', () => {
    for (const early of [-1, -0.5, 0, Number.NEGATIVE_INFINITY]) expect(firstEventIdAt(early)).toBe('0'.repeat(26));
    for (const late of [eventTimeMsMax, eventTimeMsMax + 1, Number.POSITIVE_INFINITY]) {
      expect(eventIdTimeMs(firstEventIdAt(late))).toBe(eventTimeMsMax);
    }
  });

  test('parts the ids made before a time from all others', () => {
    fc.assert(
      fc.property(times, times, (madeMs, timeMs) => {
        expect(makeId(madeMs) >= firstEventIdAt(timeMs)).toBe(madeMs >= timeMs);
      }),
    );
  });
});

describe('what an id looks like', () => {
  test('is known of every id, and of none with another letter or length', () => {
    const strange = fc.constantFrom(...'ILOUilou-_ aé');
    fc.assert(
      fc.property(times, fc.nat(25), strange, (timeMs, at, letter) => {
        const id = makeId(timeMs);
        expect(isEventId(id)).toBe(true);
        expect(isEventId(id.slice(0, at) + letter + id.slice(at + 1))).toBe(false);
        expect(isEventId(id.slice(0, at))).toBe(false);
        expect(isEventId(`${id}0`)).toBe(false);
        expect(isEventId(`${id}\n`)).toBe(false);
      }),
    );
  });

  test('ends where 128 bits end', () => {
    expect(isEventId('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(true);
    expect(isEventId('8ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(false);
  });
});
