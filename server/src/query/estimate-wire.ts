import {
  type Estimate as WireEstimate,
  EstimateStatus as WireStatus,
  type TravelTime as WireTravelTime,
} from '@tdc/shared/generated/tdc/v1/estimate.ts';
import type { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { EstimateStatus, TravelTime } from '../estimation/estimate.ts';
import type { PublishedEstimate } from '../repository.ts';
import type { RouteTime } from './route-time.ts';

export const statusToWire = {
  live: WireStatus.ESTIMATE_STATUS_LIVE,
  sparse: WireStatus.ESTIMATE_STATUS_SPARSE,
  stale: WireStatus.ESTIMATE_STATUS_STALE,
  no_data: WireStatus.ESTIMATE_STATUS_NO_DATA,
  detector_down: WireStatus.ESTIMATE_STATUS_DETECTOR_DOWN,
} as const satisfies Record<EstimateStatus, WireStatus>;

export function estimateToWire(published: PublishedEstimate): WireEstimate {
  const { fromDetectorId, toDetectorId, timeMs, revision, estimate } = published;
  return {
    fromDetectorId,
    toDetectorId,
    timeNs: nsFromMs(timeMs),
    revision,
    status: statusToWire[estimate.status],
    travelTime: estimate.travelTime === undefined ? undefined : travelTimeToWire(estimate.travelTime),
    samples: estimate.samples,
    ageSeconds: estimate.ageS,
    clockOffsetSeconds: estimate.clockOffsetS,
  };
}

export function travelTimeToWire(travelTime: TravelTime): WireTravelTime {
  const { meanS, freeFlowS } = travelTime;
  return {
    meanSeconds: meanS,
    lowerSeconds: travelTime.lowerS,
    upperSeconds: travelTime.upperS,
    fastSeconds: travelTime.fastS,
    slowSeconds: travelTime.slowS,
    departureSeconds: travelTime.departureS,
    freeFlowSeconds: freeFlowS,
    delaySeconds: Math.round(10 * Math.max(0, meanS - freeFlowS)) / 10,
  };
}

export const routeTimeToWire = (time: RouteTime): GetRouteResponse => ({
  travelTime: time.travelTime === undefined ? undefined : travelTimeToWire(time.travelTime),
  status: statusToWire[time.status],
  estimates: time.estimates.map(estimateToWire),
  ageSeconds: time.ageS,
  reasons: [...time.reasons],
  route: undefined,
  arrivalNs: nsFromMs(time.arrivalMs),
});
