import type { Estimate } from './estimate.ts';
import type { Match } from './match.ts';

/** Port: estimates the travel time of one link from its matches. Pure: time comes only with its calls. */
export interface LinkEstimator {
  /** A match has become known. In any order of times. */
  add(match: Match): void;
  /** A match was shown to be none by a late event. */
  remove(match: Match): void;
  /** The estimate at a time, Unix milliseconds; times rise by a minute from call to call. */
  estimateAt(timeMs: number): Estimate;
}
