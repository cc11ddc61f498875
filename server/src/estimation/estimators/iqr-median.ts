import type { RecentMatches } from '../recent-matches.ts';
import { median, quantile } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const windowS = 300;
const whisker = 1.5;

/**
 * Box and whiskers: of the x of 5 minutes those are valid with `q1 - 1.5 (q3 - q1) <= x <= q3 + 1.5 (q3 - q1)`, q1 and q3 their quartiles; the value is
 * their median.
 *
 * Tsubota, Bhaskar, Chung and Billot 2011, *Arterial traffic congestion analysis using Bluetooth duration data*, Australasian Transport Research Forum.
 */
export function iqrMedian(): Rule {
  return (recent: RecentMatches, timeMs: number) => {
    const times = recent.within(timeMs, windowS).map(({ travelTimeS }) => travelTimeS);
    if (times.length === 0) return undefined;
    const sorted = times.toSorted((a, b) => a - b);
    const [low, high] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
    const reach = whisker * (high - low);
    const valid = times.filter((time) => time >= low - reach && time <= high + reach);
    return { travelTimeS: median(valid), used: valid };
  };
}
