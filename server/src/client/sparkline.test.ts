import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

test('the least is the lowest bar, the most the highest, and nothing is a dot', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([60, undefined, 120], 10)).toBe('▁·█');
  expect(sparkline([5, 5, 5], 10)).toBe('▁▁▁');
  expect(sparkline([], 10)).toBe('');
  expect(sparkline([undefined, undefined], 10)).toBe('··');
});

test('more values than places are drawn as the means of neighbours', () => {
  expect(sparkline([1, 3, 9, 11, undefined, undefined, 21, 23], 4)).toBe('▁▄·█');
  expect(
    sparkline(
      Array.from({ length: 181 }, (_, i) => i),
      30,
    ).length,
  ).toBeLessThanOrEqual(30);
});
