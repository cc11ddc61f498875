import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fairShares } from './fair-shares.ts';

const ids = (prefix: string, min: number, max: number) =>
  fc.uniqueArray(
    fc.integer({ min: 0, max: 10_000 }).map((n) => `${prefix}${n}`),
    { minLength: min, maxLength: max },
  );

describe('fair shares', () => {
  test('give every name to one worker, and differ by one at most', () => {
    fc.assert(
      fc.property(ids('w', 1, 9), ids('D', 0, 60), (workers, names) => {
        const shares = fairShares(workers, names);
        expect([...shares.keys()].sort()).toEqual([...names].sort());
        const loads = workers.map((worker) => [...shares.values()].filter((each) => each === worker).length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('are the same however workers and names are listed', () => {
    fc.assert(
      fc.property(ids('w', 1, 6), ids('D', 0, 40), (workers, names) => {
        const listed = fairShares(workers.toSorted(), names.toSorted());
        expect(new Map([...fairShares(workers.toReversed(), names)].sort())).toEqual(new Map([...listed].sort()));
      }),
    );
  });

  test('change little when a worker comes', () => {
    const names = Array.from({ length: 300 }, (_, n) => `D${n}`);
    const before = fairShares(['a', 'b', 'c'], names);
    const after = fairShares(['a', 'b', 'c', 'd'], names);
    const moved = names.filter((name) => before.get(name) !== after.get(name));
    expect(moved.length).toBeGreaterThanOrEqual(75);
    expect(moved.length).toBeLessThan(120);
  });

  test('are none without workers', () => {
    expect(fairShares([], ['D1']).size).toBe(0);
  });
});
