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
 * Dion and Rakha 2006 (Transportation Research B 40, 745-766): a log-normal validity window around an exponentially smoothed mean,
 * which opens with every interval without readings; three in a row on one side of it are a change of the road.
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
