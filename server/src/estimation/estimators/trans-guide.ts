import type { RecentMatches } from '../recent-matches.ts';
import { mean } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const windowS = 300;
const link = 0.2;

/**
 * TransGuide (SwRI 1998): the mean of the matches of a rolling window that lie within 20 % of the last mean. It loses the road
 * when that changes by more between two windows.
 */
export function transGuide(): Rule {
  let before: number | undefined;
  return (recent: RecentMatches, timeMs: number) => {
    const times = recent.within(timeMs, windowS).map(({ travelTimeS }) => travelTimeS);
    if (times.length === 0) return undefined;
    const last = before;
    const valid = last === undefined ? times : times.filter((time) => Math.abs(time - last) <= link * last);
    if (valid.length === 0) return undefined;
    before = mean(valid);
    return { travelTimeS: before, used: valid };
  };
}
