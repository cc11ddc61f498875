import type { RecentMatches } from '../recent-matches.ts';
import { median } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const judgedS = 900;
const windowS = 300;
const factor = 3;
/** Makes the median deviation of a normal distribution its standard deviation. */
const toSd = 1.4826;

/**
 * Median absolute deviation: with m the median of the x of 15 minutes, those are valid with `|x - m| <= f 1.4826 median |x - m|`, f = 3; the value is the
 * median of those of 5 minutes.
 *
 * Kieu, Bhaskar and Chung 2012, *Bus and car travel time on urban networks: integrating Bluetooth and bus vehicle identification data*, 25th ARRB Conference.
 */
export function mad(): Rule {
  return (recent: RecentMatches, timeMs: number) => {
    const judged = recent.within(timeMs, judgedS).map(({ travelTimeS }) => travelTimeS);
    if (judged.length === 0) return undefined;
    const middle = median(judged);
    const width = factor * toSd * median(judged.map((time) => Math.abs(time - middle)));
    const valid = recent
      .within(timeMs, windowS)
      .map(({ travelTimeS }) => travelTimeS)
      .filter((time) => Math.abs(time - middle) <= width);
    return valid.length === 0 ? undefined : { travelTimeS: median(valid), used: valid };
  };
}
