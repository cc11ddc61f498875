import { NotFoundError } from '@tdc/shared/errors.ts';
import type { GetRouteRequest, GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import { type LinkAt, routeTravelTime } from '../estimation/route.ts';
import { minuteMs } from '../estimator/event-history.ts';
import type { PublishedEstimate } from '../repository.ts';
import type { QueryContext } from './context.ts';
import { estimateToWire, statusToWire, travelTimeToWire } from './estimate-wire.ts';
import { invalid } from './filter.ts';
import { linkName } from './link-ends.ts';
import { parseTime } from './list-fields.ts';

const detectorsMax = 100;
/** An estimate that is older than this says nothing of the moment that is asked for. */
const lookBackMs = 10 * minuteMs;

export async function getRoute(
  { repository, clock }: QueryContext,
  request: GetRouteRequest,
  signal: AbortSignal,
): Promise<GetRouteResponse> {
  const ids = parseDetectorIds(request.detectorIds);
  const arrivalMs = parseTime('arrival_ns', request.arrivalNs) ?? clock.nowMs();
  const links = new Set((await repository.network.links(signal)).map(linkName));
  const ways = ids.slice(1).map((toDetectorId, i) => ({ fromDetectorId: ids[i] ?? '', toDetectorId }));
  for (const [i, way] of ways.entries()) {
    if (links.has(linkName(way))) continue;
    throw new NotFoundError(`there is no link from ${way.fromDetectorId} to ${way.toDetectorId}`, {
      field: `detector_ids[${i + 1}]`,
    });
  }
  const used: PublishedEstimate[] = [];
  const linkAt: LinkAt = async (index, timeMs) => {
    const way = ways[index];
    if (way === undefined) return undefined;
    const range = { fromMs: timeMs - lookBackMs, toMs: timeMs + 1 };
    const { estimates } = await repository.estimates.scan(
      { ...way, ...range, order: 'newest-first', limit: 1, revisions: 'last' },
      signal,
    );
    used.unshift(...estimates);
    return estimates[0]?.estimate;
  };
  const { travelTime, status } = await routeTravelTime(ways.length, arrivalMs, linkAt);
  return {
    travelTime: travelTime === undefined ? undefined : travelTimeToWire(travelTime),
    status: statusToWire[status],
    estimates: used.map(estimateToWire),
  };
}

function parseDetectorIds(ids: readonly string[]): readonly string[] {
  if (ids.length < 2 || ids.length > detectorsMax) {
    throw invalid('detector_ids', `${ids.length} entries: expected 2 to ${detectorsMax}`);
  }
  for (const [i, id] of ids.entries()) {
    if (!isDetectorId(id)) throw invalid(`detector_ids[${i}]`, `${quoted(id)}: expected ${detectorIdExpected}`);
  }
  return ids;
}
