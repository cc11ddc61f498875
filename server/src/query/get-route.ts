import type { GetRouteRequest, GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { detectorIdExpected, isDetectorId, parseDetectorSequence, quoted, routeToWire } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { routeTimeToWire } from './estimate-wire.ts';
import { invalid } from './filter.ts';
import { parseTime } from './list-fields.ts';
import { arrivalNowMs, expectLinks, routeTimeOf } from './route-time.ts';
import { routeNamed } from './routes-page.ts';

export async function getRoute(
  { repository, clock }: QueryContext,
  { detectorIds, arrivalNs, routeId }: GetRouteRequest,
  signal: AbortSignal,
): Promise<GetRouteResponse> {
  const arrivalMs = parseTime('arrival_ns', arrivalNs) ?? arrivalNowMs(clock);
  const timeOf = async (ids: readonly string[]) =>
    routeTimeToWire(await routeTimeOf(repository, ids, arrivalMs, signal));
  if (routeId === '') {
    const sequence = parseDetectorSequence('detector_ids', detectorIds);
    if (!sequence.ok) throw invalid(sequence.problem.field, sequence.problem.message);
    expectLinks(await repository.network.links(signal), sequence.value);
    return timeOf(sequence.value);
  }
  if (!isDetectorId(routeId)) throw invalid('route_id', `${quoted(routeId)}: expected ${detectorIdExpected}`);
  if (detectorIds.length > 0)
    throw invalid('detector_ids', `${detectorIds.length} entries: expected none beside route_id`);
  const route = await routeNamed(repository, routeId, signal);
  return { ...(await timeOf(route.detectorIds)), route: routeToWire(route) };
}
