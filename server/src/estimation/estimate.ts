/**
 * How much is behind a value. `stale`: the last match is old. `no_data`: there is no value. `detector_down`: a detector of the link
 * gives no sign of life; the value, if there is one, is of before.
 */
export const estimateStatuses = ['live', 'sparse', 'stale', 'no_data', 'detector_down'] as const;
export type EstimateStatus = (typeof estimateStatuses)[number];

/** What is known of a travel time, all in seconds. */
export interface TravelTime {
  /** Mean of the drivers who arrived in the five minutes before. */
  readonly meanS: number;
  /** 90 % confidence interval of that mean. */
  readonly lowerS: number;
  readonly upperS: number;
  /** One driver in ten is faster than the first, one in ten slower than the second. */
  readonly fastS: number;
  readonly slowS: number;
  /** What a driver who starts now is to expect, where that is another than who arrives now has taken. */
  readonly departureS: number;
  /** What the link takes when nothing is in the way. */
  readonly freeFlowS: number;
}

/** The travel time of a link at a moment. */
export interface Estimate {
  /** Absent where there is none: never a value of before. */
  readonly travelTime?: TravelTime;
  /** Matches in the window. */
  readonly samples: number;
  readonly status: EstimateStatus;
  /** Seconds since the last match arrived; absent when none is known. */
  readonly ageS?: number;
  /**
   * Present when the clock of one of the link's detectors is wrong: by how many seconds that at the end is ahead of that at the beginning, as
   * the matches imply. There is no travel time then.
   */
  readonly clockOffsetS?: number;
}

/** A last match older than this makes a value stale, and older than that makes it none. */
const staleAfterS = 15 * 60;
const noneAfterS = 60 * 60;

/** An age of undefined stands for no match. */
export function statusOf(samples: number, ageS: number | undefined): EstimateStatus {
  if (ageS === undefined || ageS > noneAfterS) return 'no_data';
  if (ageS > staleAfterS) return 'stale';
  return samples >= 3 ? 'live' : 'sparse';
}

/** Finer than that nothing is published. */
export const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;
