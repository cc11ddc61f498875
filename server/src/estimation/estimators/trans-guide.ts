import type { RecentMatches } from '../recent-matches.ts';
import { mean } from './quantile.ts';
import type { Rule } from './window-estimator.ts';

const windowS = 300;
const link = 0.2;

/**
 * TransGuide: `T(t) = mean of the x with t - w < arrival <= t and |x - T(t - 1)| <= l T(t - 1)`, with w = 5 minutes and l = 0.2. Without an earlier
 * value all count. It loses the road when that changes by more than l between two windows.
 *
 * Southwest Research Institute 1998, *Automatic Vehicle Identification Model Deployment Initiative: System Design Document*, for the Texas Department of
 * Transportation; as Dion and Rakha 2006 tell it. There w is 2 minutes, which few devices leave empty.
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
