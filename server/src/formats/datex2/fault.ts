import { roughDuration } from '@tdc/shared/rough-duration.ts';
import type { EstimateRecord } from '../../records/estimate-record.ts';
import type { RouteRecord } from '../../records/route-record.ts';

/** What is wrong with a travel time, as DATEX II says it. */
export interface Fault {
  readonly type: 'intermittentDataValues' | 'noDataValuesAvailable' | 'spuriousUnreliableDataValues';
  /** For people. */
  readonly description: string;
  /** Whether there is no value that counts now. */
  readonly isError: boolean;
}

/** Undefined where nothing is wrong. */
export function faultOf(estimate: EstimateRecord | undefined): Fault | undefined {
  if (estimate === undefined) return missing('nothing has been published of this link yet');
  const { status, clock_offset_seconds: offset, age_seconds: age, mean_seconds: mean } = estimate;
  const since = age === null ? 'no match is known' : `the last match is ${roughDuration(age * 1000)} old`;
  if (offset !== null) {
    const description = `the clocks of its detectors are ${Math.round(Math.abs(offset))} s apart`;
    return { type: 'spuriousUnreliableDataValues', description, isError: true };
  }
  if (status === 'detector_down') return missing(`a detector of the link gives no sign of life; ${since}`);
  if (mean === null) return missing(since);
  if (status === 'live' || status === 'sparse') return undefined;
  return { type: 'intermittentDataValues', description: `${status}: ${since}`, isError: false };
}

/** The same of a route: its weakest link decides. */
export function routeFaultOf({ status, mean_seconds: mean, reasons }: RouteRecord): Fault | undefined {
  const description = reasons.join('; ');
  if (mean === null || status === 'detector_down') return missing(description);
  if (status === 'live' || status === 'sparse') return undefined;
  return { type: 'intermittentDataValues', description, isError: false };
}

const missing = (description: string): Fault => ({ type: 'noDataValuesAvailable', description, isError: true });
