import { NotFoundError } from '@tdc/shared/errors.ts';
import type { EstimateStatus, TravelTime } from '../estimation/estimate.ts';
import { type LinkAt, routeTravelTime } from '../estimation/route.ts';
import { minuteMs } from '../estimator/event-history.ts';
import type { PublishedEstimate, Repository } from '../repository.ts';
import { linkName } from './link-ends.ts';

export const routeDetectorsMax = 100;
/** An estimate that is older than this says nothing of the moment that is asked for. */
const lookBackMs = 10 * minuteMs;

export interface RouteTime {
  readonly travelTime: TravelTime | undefined;
  readonly status: EstimateStatus;
  /** What it is made of, in the order of the route. */
  readonly estimates: readonly PublishedEstimate[];
}

/**
 * The travel time of links in sequence, of who arrives at the last detector at a time: each link counts as it was when that driver was there.
 * Throws NotFoundError where two that follow each other are no link.
 */
export async function routeTimeOf(
  { estimates, network }: Pick<Repository, 'estimates' | 'network'>,
  detectorIds: readonly string[],
  arrivalMs: number,
  signal: AbortSignal,
): Promise<RouteTime> {
  const links = new Set((await network.links(signal)).map(linkName));
  const ways = detectorIds.slice(1).map((toDetectorId, i) => ({ fromDetectorId: detectorIds[i] ?? '', toDetectorId }));
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
    const page = await estimates.scan({ ...way, ...range, order: 'newest-first', limit: 1, revisions: 'last' }, signal);
    used.unshift(...page.estimates);
    return page.estimates[0]?.estimate;
  };
  const { travelTime, status } = await routeTravelTime(ways.length, arrivalMs, linkAt);
  return { travelTime, status, estimates: used };
}
