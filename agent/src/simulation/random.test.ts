import { describe, expect, it } from 'vitest';
import { randomOf } from './random.ts';

const count = 20_000;
const drawn = (draw: () => number) => Array.from({ length: count }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};

describe('seeded random numbers', () => {
  it('are the same for the same seeds and others for others', () => {
    const first = (...seeds: (string | number)[]) => randomOf(...seeds).word();
    expect(first('a', 1)).toBe(first('a', 1));
    const seeds = [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      [1, 'a'],
      ['a1'],
      ['a', '1'],
      ['ab', 'c'],
      ['a', 'bc'],
      [-1],
      [2 ** 32 - 1],
      [2 ** 40],
    ];
    expect(new Set(seeds.map((list) => first(...list))).size).toBe(seeds.length);
  });

  it('do not follow from those of the seed before', () => {
    const first = Array.from({ length: count }, (_, seed) => randomOf('slot', seed).fraction());
    expect(mean(first)).toBeCloseTo(0.5, 1);
    const next = first.slice(1);
    const correlation = mean(next.map((value, index) => (value - 0.5) * ((first[index] ?? 0) - 0.5))) * 12;
    expect(Math.abs(correlation)).toBeLessThan(0.03);
  });

  it('have the distributions that they are named for', () => {
    const random = randomOf('distributions');
    const fractions = drawn(random.fraction);
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fractions)).toBeLessThan(1);
    expect(mean(fractions)).toBeCloseTo(0.5, 1);
    const normal = drawn(random.normal);
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(Math.abs(deviation(normal) - 1)).toBeLessThan(0.03);
    for (const expected of [0.3, 12, 95]) {
      const counts = drawn(() => random.count(expected));
      expect(Math.abs(mean(counts) / expected - 1)).toBeLessThan(0.04);
      expect(Math.abs(deviation(counts) ** 2 / expected - 1)).toBeLessThan(0.06);
    }
    expect(mean(drawn(() => Number(random.chance(0.2))))).toBeCloseTo(0.2, 1);
    expect(random.count(0)).toBe(0);
    expect(random.pick([])).toBeUndefined();
  });
});
