import type { RecentMatches } from '../recent-matches.ts';
import { mean } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const intervalMs = 120_000;
const beta = 0.2;
const blindBeta = 0.2;
const lambda = 2;
/** Spread of ln(travel time) to begin with. */
const firstVariance = 0.04;

/**
 * A log-normal validity window around an exponentially smoothed mean, in intervals of two minutes. Of the valid x of an interval, n of them:
 *
 *     a      = 1 - (1 - beta)^n
 *     ln T'  = a mean(ln x) + (1 - a) ln T
 *     s'^2   = a sum((ln x - ln T)^2) / (n - 1) + (1 - a) s^2      for n > 1, else s^2
 *     valid: |ln x - ln T| <= (lambda + lambda (1 - (1 - betaS)^n0)) s
 *
 * where n0 is how many intervals before had no valid reading, so that the window opens while it is blind. Three readings in a row outside on the same
 * side are a change of the road: the third and those after it are valid.
 *
 * Dion and Rakha 2006, *Estimating dynamic roadway travel times using automatic vehicle identification data for low sampling rates*, Transportation Research
 * Part B 40, 745-766. beta = betaS = 0.2 and lambda = 2 are theirs; to begin with s is 0.2, and T the mean of the first interval.
 */
export function dionRakha(): Rule {
  let logMean: number | undefined;
  let variance = firstVariance;
  let blind = 0;
  let interval = Number.NaN;
  let outside: { readonly side: number; readonly count: number } = { side: 0, count: 0 };
  let used: readonly number[] = [];
  const close = (times: readonly number[]) => {
    logMean ??= times.length === 0 ? undefined : mean(times.map(Math.log));
    if (logMean === undefined) return;
    const width = (lambda + lambda * (1 - (1 - blindBeta) ** blind)) * Math.sqrt(variance);
    const center = logMean;
    const valid = times.filter((time) => {
      const off = Math.log(time) - center;
      if (Math.abs(off) <= width) {
        outside = { side: 0, count: 0 };
        return true;
      }
      const side = Math.sign(off);
      outside = { side, count: outside.side === side ? outside.count + 1 : 1 };
      return outside.count >= 3;
    });
    blind = valid.length === 0 ? blind + 1 : 0;
    if (valid.length === 0) return;
    used = valid;
    const alpha = 1 - (1 - beta) ** valid.length;
    const logs = valid.map(Math.log);
    if (logs.length > 1) {
      const own = logs.reduce((sum, log) => sum + (log - center) ** 2, 0) / (logs.length - 1);
      variance = alpha * own + (1 - alpha) * variance;
    }
    logMean = alpha * mean(logs) + (1 - alpha) * center;
  };
  return (recent: RecentMatches, timeMs: number) => {
    const now = Math.floor(timeMs / intervalMs);
    if (now !== interval) {
      const endMs = now * intervalMs;
      close(recent.within(endMs, intervalMs / 1000).map(({ travelTimeS }) => travelTimeS));
      interval = now;
    }
    return logMean === undefined ? undefined : { travelTimeS: Math.exp(logMean), used };
  };
}
