import type { RecentMatches } from '../recent-matches.ts';
import { median } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const judgedS = 900;
const windowS = 300;
const factor = 3;
/** Makes the median deviation of a normal distribution its standard deviation. */
const toSd = 1.4826;

/** Median absolute deviation (Kieu, Bhaskar and Chung 2012): outliers of 15 minutes are left out, then the median of 5 minutes. */
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
