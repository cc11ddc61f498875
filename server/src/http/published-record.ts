import { liveLinks } from '../formats/live-link.ts';
import { estimateToWire, routeTimeToWire } from '../query/estimate-wire.ts';
import { arrivalNowMs } from '../query/route-time.ts';
import { type TimedRoute, timedRoutes } from '../query/routes-page.ts';
import { estimateRecord } from '../records/estimate-record.ts';
import { routeRecord } from '../records/route-record.ts';
import type { PublishedEstimate } from '../repository.ts';
import type { HttpContext } from './context.ts';

/** An estimate as answers have it. */
export const publishedRecord = (published: PublishedEstimate) => ({
  ...estimateRecord(estimateToWire(published)),
  status: published.estimate.status,
});

/** The links as they are now. */
export async function publishedLiveLinks(
  { repository, clock }: Pick<HttpContext, 'repository' | 'clock'>,
  signal: AbortSignal,
) {
  const { network, estimates } = repository;
  const [detectors, links, newest] = await Promise.all([
    network.detectors(signal),
    network.links(signal),
    estimates.newest(signal),
  ]);
  return liveLinks({ detectors, links }, newest.map(publishedRecord), clock.nowMs());
}

/** A route that has a name as answers have it. */
export const publishedRoute = ({ route, time }: TimedRoute) => ({
  ...routeRecord(route, routeTimeToWire(time)),
  status: time.status,
});

/** All of them as they are now. */
export async function publishedRoutes(
  { repository, clock }: Pick<HttpContext, 'repository' | 'clock'>,
  signal: AbortSignal,
) {
  const routes = await repository.routes.list(signal);
  return (await timedRoutes(repository, routes, arrivalNowMs(clock), signal)).map(publishedRoute);
}
