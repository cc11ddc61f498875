import { randomFillSync } from 'node:crypto';
import { decodeTime, encodeTime, ulid } from 'ulid';

const poolBytes = 8192;

/**
 * Makes event ids: a ULID whose time is the given reference time.
 *
 * Randomness comes from a pool, refilled 8 KiB at a time, because asking the system for each of a ULID's 16 random
 * digits costs about 50 microseconds an id. Each digit uses one byte; 256 is a multiple of 32, so digits are uniform.
 */
export function eventIdMaker(fill: (pool: Uint8Array) => void = randomFillSync): (referenceTimeMs: number) => string {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  const nextFraction = () => {
    if (used === poolBytes) {
      fill(pool);
      used = 0;
    }
    return (pool[used++] ?? 0) / 256;
  };
  return (referenceTimeMs) => idOf(referenceTimeMs, nextFraction);
}

/** The largest time an event can carry: int64 nanoseconds on the wire, in the year 2262; a ULID could carry more. */
export const eventTimeMsMax = Number((2n ** 63n - 1n) / 1_000_000n);

/** The smallest id of a time: every id of that time or later is not before it. */
export function firstEventIdAt(timeMs: number): string {
  const zeroFraction = () => 0;
  return idOf(Math.min(Math.max(Math.ceil(timeMs), 0), eventTimeMsMax), zeroFraction);
}

/** The library takes a time of 0 for none and puts now in its place; the time's own digits are put back. */
function idOf(timeMs: number, nextFraction: () => number): string {
  const id = ulid(timeMs, nextFraction);
  return timeMs === 0 ? encodeTime(0) + id.slice(10) : id;
}

const eventIdPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Whether a text is a ULID in its canonical upper-case spelling. */
export const isEventId = (text: string): boolean => eventIdPattern.test(text);

/** The time of an id, Unix milliseconds. Throws for a text that is no event id. */
export const eventIdTimeMs = (id: string): number => decodeTime(id);
