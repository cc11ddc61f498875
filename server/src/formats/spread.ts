import type { EstimateRecord } from '../records/estimate-record.ts';

/** Between one in ten and nine in ten of what is normally distributed, in standard deviations. */
const tenthsApart = 2 * 1.2815515655446004;

/** A standard deviation, made of what one in ten is below and one in ten above. */
export const standardDeviationOf = (low: number, high: number): number => (high - low) / tenthsApart;

/** That of the drivers' travel times, in seconds; undefined where there is no travel time. */
export const driversDeviationOf = ({
  fast_seconds: fast,
  slow_seconds: slow,
}: Pick<EstimateRecord, 'fast_seconds' | 'slow_seconds'>): number | undefined =>
  fast === null || slow === null ? undefined : standardDeviationOf(fast, slow);
