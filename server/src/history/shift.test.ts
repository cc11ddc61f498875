import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shiftOf } from './shift.ts';

/** Of all ways to choose the ranks of the first sample, each as likely: how many have a statistic of Mann and Whitney of u or less. */
function countedOut(n: number, m: number): (u: number) => number {
  const sums: number[] = [];
  const choose = (from: number, left: number, sum: number): void => {
    if (left === 0) sums.push(sum - (n * (n + 1)) / 2);
    else for (let rank = from; rank <= n + m - left + 1; rank++) choose(rank + 1, left - 1, sum + rank);
  };
  choose(1, n, 0);
  return (u) => sums.filter((each) => each <= u).length / sums.length;
}

test.each([
  [5, 5],
  [5, 9],
  [7, 8],
])('for %i and %i values the interval is that of the exact rank-sum test', (n, m) => {
  // No two differences are the same, so that each has its own place.
  const before = Array.from({ length: n }, (_, index) => 1000 * index);
  const after = Array.from({ length: m }, (_, index) => index);
  const differences = after.flatMap((a) => before.map((b) => a - b)).sort((a, b) => a - b);
  const shift = shiftOf(before, after) ?? expect.fail();
  const cut = 1 + differences.indexOf(shift.lower);
  const atMost = countedOut(n, m);
  expect(atMost(cut - 1)).toBeLessThanOrEqual(0.025);
  expect(atMost(cut)).toBeGreaterThan(0.025);
  expect(shift.upper).toBe(differences[differences.length - cut]);
});

test('the published example of permeability has the published estimate', () => {
  // Hollander, Wolfe and Chicken, table 4.1: membranes at term, and at 12 to 26 weeks.
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const early = [1.15, 0.88, 0.9, 0.74, 1.21];
  expect(shiftOf(early, term)?.value).toBeCloseTo(0.305, 10);
});

test('large samples get the interval of the normal approximation, which is nearly the exact one', () => {
  const values = (count: number, step: number) => Array.from({ length: count }, (_, index) => index * step);
  const exact = shiftOf(values(20, 1), values(20, 1.01)) ?? expect.fail();
  const approximate = shiftOf(values(20, 1), values(21, 0.96)) ?? expect.fail();
  expect(Math.abs(exact.lower - approximate.lower)).toBeLessThan(1.2);
});

test('it moves with its samples, and turns round with them', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 30 });
  fc.assert(
    fc.property(values, values, fc.integer({ min: -500, max: 500 }), (before, after, by) => {
      const shift = shiftOf(before, after) ?? expect.fail();
      const moved =
        shiftOf(
          before,
          after.map((each) => each + by),
        ) ?? expect.fail();
      expect([moved.value - by, moved.lower - by, moved.upper - by]).toEqual([shift.value, shift.lower, shift.upper]);
      const turned = shiftOf(after, before) ?? expect.fail();
      expect([turned.value, turned.lower, turned.upper].map((each) => 0 - each)).toEqual([
        shift.value,
        shift.upper,
        shift.lower,
      ]);
      expect(shift.lower).toBeLessThanOrEqual(shift.value);
      expect(shift.upper).toBeGreaterThanOrEqual(shift.value);
    }),
  );
});

test('with fewer than five values of either there is none', () => {
  expect(shiftOf([1, 2, 3, 4], [1, 2, 3, 4, 5, 6])).toBeUndefined();
  expect(shiftOf([1, 2, 3, 4, 5, 6], [1, 2, 3, 4])).toBeUndefined();
});
