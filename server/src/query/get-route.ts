import type { GetRouteRequest, GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { estimateToWire, statusToWire, travelTimeToWire } from './estimate-wire.ts';
import { invalid } from './filter.ts';
import { parseTime } from './list-fields.ts';
import { routeDetectorsMax, routeTimeOf } from './route-time.ts';

export async function getRoute(
  { repository, clock }: QueryContext,
  request: GetRouteRequest,
  signal: AbortSignal,
): Promise<GetRouteResponse> {
  const ids = parseDetectorIds(request.detectorIds);
  const arrivalMs = parseTime('arrival_ns', request.arrivalNs) ?? clock.nowMs();
  const { travelTime, status, estimates } = await routeTimeOf(repository, ids, arrivalMs, signal);
  return {
    travelTime: travelTime === undefined ? undefined : travelTimeToWire(travelTime),
    status: statusToWire[status],
    estimates: estimates.map(estimateToWire),
  };
}

function parseDetectorIds(ids: readonly string[]): readonly string[] {
  if (ids.length < 2 || ids.length > routeDetectorsMax) {
    throw invalid('detector_ids', `${ids.length} entries: expected 2 to ${routeDetectorsMax}`);
  }
  for (const [i, id] of ids.entries()) {
    if (!isDetectorId(id)) throw invalid(`detector_ids[${i}]`, `${quoted(id)}: expected ${detectorIdExpected}`);
  }
  return ids;
}
