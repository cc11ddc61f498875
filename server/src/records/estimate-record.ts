import { type Estimate, EstimateStatus, type TravelTime } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { msFromNs } from '@tdc/shared/wire.ts';

const statusNames = new Map<EstimateStatus, string>([
  [EstimateStatus.ESTIMATE_STATUS_LIVE, 'live'],
  [EstimateStatus.ESTIMATE_STATUS_SPARSE, 'sparse'],
  [EstimateStatus.ESTIMATE_STATUS_STALE, 'stale'],
  [EstimateStatus.ESTIMATE_STATUS_NO_DATA, 'no_data'],
  [EstimateStatus.ESTIMATE_STATUS_DETECTOR_DOWN, 'detector_down'],
]);

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
  time: new Date(msFromNs(estimate.timeNs)).toISOString(),
  revision: estimate.revision,
  status: statusName(estimate.status),
  ...travelTimeRecord(estimate.travelTime),
  samples: estimate.samples,
  age_seconds: estimate.ageSeconds ?? null,
  clock_offset_seconds: estimate.clockOffsetSeconds ?? null,
});
