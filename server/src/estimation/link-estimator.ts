import type { Estimate } from './estimate.ts';
import type { Match } from './match.ts';

/** What an estimator makes of a match: how much it counts, 0 to 1, and why not more. */
export interface Judgement {
  readonly weight: number;
  /**
   * `together`: it shares its vote with others that began and ended with it; `unlikely`: more probably no driver who went through;
   * `outlier`: outside of what the rule takes.
   */
  readonly reason: 'used' | 'together' | 'unlikely' | 'outlier';
}

/** Port: estimates the travel time of one link from its matches. Pure: time comes only with its calls. */
export interface LinkEstimator {
  /** A match has become known. In any order of times. */
  add(match: Match): void;
  /** A match was shown to be none by a late event; one that never was added is passed over. */
  remove(match: Match): void;
  /** Time goes on to a moment, Unix milliseconds; it rises by a minute from call to call. */
  advanceTo(timeMs: number): void;
  /** The estimate at that moment. */
  estimate(): Estimate;
  /** How a match counts in it. */
  judge(match: Match): Judgement;
}
