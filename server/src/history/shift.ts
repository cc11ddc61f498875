import { quantile } from '../estimation/estimators/quantile.ts';

/** By how much one sample lies above another. */
export interface Shift {
  /** Median of all differences between a value of one and a value of the other (Hodges and Lehmann 1963). */
  readonly value: number;
  /** 95 % confidence interval of it. */
  readonly lower: number;
  readonly upper: number;
}

/** Of each sample: with fewer no interval of 95 % exists, or it is all differences. */
export const shiftValuesMin = 5;
const tail = 0.025;
const tailZ = 1.959964;
/** Up to here the null distribution of the rank sum is counted out; behind, its normal approximation is as good. */
const exactPairsMax = 400;

/**
 * Shift from `before` to `after`: the estimate of Hodges and Lehmann with the interval that belongs to the rank-sum test of Wilcoxon, Mann and
 * Whitney (Hollander, Wolfe and Chicken 2014, sections 4.2 and 4.3). It asks for no distribution, and is not moved by a few days out of the
 * ordinary. Undefined with too few values.
 */
export function shiftOf(before: readonly number[], after: readonly number[]): Shift | undefined {
  if (before.length < shiftValuesMin || after.length < shiftValuesMin) return undefined;
  const differences = new Float64Array(after.flatMap((later) => before.map((earlier) => later - earlier))).sort();
  const cut = cutOf(before.length, after.length);
  return {
    value: quantile(differences, 0.5),
    lower: differences[cut - 1] ?? Number.NaN,
    upper: differences[differences.length - cut] ?? Number.NaN,
  };
}

/** Which difference from each end bounds the interval: as many as the test would still call by chance lie outside. */
function cutOf(n: number, m: number): number {
  if (n * m > exactPairsMax)
    return Math.max(1, Math.floor((n * m) / 2 - tailZ * Math.sqrt((n * m * (n + m + 1)) / 12)));
  const counts = rankSumCounts(n, m);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let cut = 0;
  for (let below = 0; cut < counts.length; cut++) {
    below += counts[cut] ?? 0;
    if (below / total > tail) break;
  }
  return Math.max(1, cut);
}

/**
 * In how many orders of n and m values the statistic of Mann and Whitney is 0, 1, ... n m: the coefficients of the Gaussian binomial
 * (n + m over n).
 */
function rankSumCounts(n: number, m: number): Float64Array {
  const counts = new Float64Array(n * m + 1);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    for (let at = counts.length - 1; at >= m + i; at--) counts[at] = (counts[at] ?? 0) - (counts[at - m - i] ?? 0);
    for (let at = i; at < counts.length; at++) counts[at] = (counts[at] ?? 0) + (counts[at - i] ?? 0);
  }
  return counts;
}
