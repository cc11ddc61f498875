import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BackoffPolicy, backoffMs } from './backoff.ts';

/** The longest wait that a policy allows before a try. */
const longestMs = (policy: BackoffPolicy, attempt: number) => backoffMs(policy, attempt, () => 1);

const policies: fc.Arbitrary<BackoffPolicy> = fc
  .tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 3_600_000 }))
  .map(([a, b]) => ({ baseMs: Math.min(a, b), maxMs: Math.max(a, b) }));
const attempts = fc.oneof(fc.nat(60), fc.nat(Number.MAX_SAFE_INTEGER));
const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the longest wait doubles from the base up to the maximum and stays there', () => {
  const policy = { baseMs: 1000, maxMs: 300_000 };
  const waitsMs = Array.from({ length: 11 }, (_, attempt) => longestMs(policy, attempt));
  expect(waitsMs).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
});

test('a wait is anywhere from nothing to the longest, however many tries failed', () => {
  fc.assert(
    fc.property(policies, attempts, fractions, (policy, attempt, fraction) => {
      const waitMs = backoffMs(policy, attempt, () => fraction);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(longestMs(policy, attempt));
      expect(longestMs(policy, attempt)).toBeLessThanOrEqual(policy.maxMs);
      expect(longestMs(policy, attempt)).toBeGreaterThanOrEqual(policy.baseMs);
    }),
  );
});

test('the longest wait never falls from one try to the next', () => {
  fc.assert(
    fc.property(policies, attempts, (policy, attempt) => {
      expect(longestMs(policy, attempt + 1)).toBeGreaterThanOrEqual(longestMs(policy, attempt));
    }),
  );
});

test('the luck of the draw spreads waits evenly, down to none', () => {
  const policy = { baseMs: 1000, maxMs: 300_000 };
  const drawn = [0, 0.25, 0.5, 0.75];
  expect(drawn.map((fraction) => backoffMs(policy, 2, () => fraction))).toEqual([0, 1000, 2000, 3000]);
});
