/** How much is behind a value. `stale`: the last match is old. `no_data`: there is no value. */
export type EstimateStatus = 'live' | 'sparse' | 'stale' | 'no_data';

/** The travel time of a link at a moment, by arrival. */
export interface Estimate {
  /** Seconds; undefined with `no_data`, never a value of before. */
  readonly travelTimeS: number | undefined;
  /** 90 % confidence interval of the mean of the drivers who arrive in the five minutes before, seconds. */
  readonly lowerS: number | undefined;
  readonly upperS: number | undefined;
  /** Matches in the window. */
  readonly samples: number;
  readonly status: EstimateStatus;
  /** Seconds since the last match arrived; Infinity without one. */
  readonly ageS: number;
}

export const noEstimate: Estimate = {
  travelTimeS: undefined,
  lowerS: undefined,
  upperS: undefined,
  samples: 0,
  status: 'no_data',
  ageS: Number.POSITIVE_INFINITY,
};

/** A last match older than this makes a value stale, and older than that makes it none. */
const staleAfterS = 15 * 60;
const noneAfterS = 60 * 60;

export function statusOf(samples: number, ageS: number): EstimateStatus {
  if (ageS > noneAfterS) return 'no_data';
  if (ageS > staleAfterS) return 'stale';
  return samples >= 3 ? 'live' : 'sparse';
}
