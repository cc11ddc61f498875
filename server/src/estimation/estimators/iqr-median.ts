import type { RecentMatches } from '../recent-matches.ts';
import { median, quantile } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const windowS = 300;
const whisker = 1.5;

/** Box and whiskers (Tsubota et al. 2011): the median of those of 5 minutes within 1.5 interquartile ranges of the quartiles. */
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
