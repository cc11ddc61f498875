import type { Estimate, EstimateStatus, TravelTime } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { statusToWire } from '../query/estimate-wire.ts';
import { isoTime } from './iso-time.ts';

const statusNames = new Map<EstimateStatus, string>(Object.entries(statusToWire).map(([name, wire]) => [wire, name]));

export const statusName = (status: EstimateStatus): string => statusNames.get(status) ?? `status ${status}`;

/** A travel time for programs, null where there is none. */
export function travelTimeRecord(travelTime: TravelTime | undefined) {
  return {
    mean_seconds: travelTime?.meanSeconds ?? null,
    lower_seconds: travelTime?.lowerSeconds ?? null,
    upper_seconds: travelTime?.upperSeconds ?? null,
    fast_seconds: travelTime?.fastSeconds ?? null,
    slow_seconds: travelTime?.slowSeconds ?? null,
    departure_seconds: travelTime?.departureSeconds ?? null,
    free_flow_seconds: travelTime?.freeFlowSeconds ?? null,
    delay_seconds: travelTime?.delaySeconds ?? null,
  };
}

/** An estimate for programs. */
export const estimateRecord = (estimate: Estimate) => ({
  from_detector_id: estimate.fromDetectorId,
  to_detector_id: estimate.toDetectorId,
  time: isoTime(msFromNs(estimate.timeNs)),
  revision: estimate.revision,
  status: statusName(estimate.status),
  ...travelTimeRecord(estimate.travelTime),
  samples: estimate.samples,
  age_seconds: estimate.ageSeconds ?? null,
  clock_offset_seconds: estimate.clockOffsetSeconds ?? null,
});
export type EstimateRecord = ReturnType<typeof estimateRecord>;

/** Its fields, in the order of columns. */
export const estimateFields = [
  ...['from_detector_id', 'to_detector_id', 'time', 'revision', 'status'],
  ...['mean_seconds', 'lower_seconds', 'upper_seconds', 'fast_seconds', 'slow_seconds'],
  ...['departure_seconds', 'free_flow_seconds', 'delay_seconds'],
  ...['samples', 'age_seconds', 'clock_offset_seconds'],
];
