import { NotFoundError } from '@tdc/shared/errors.ts';
import type { Route } from '@tdc/shared/network.ts';
import { isDetectorId } from '@tdc/shared/wire.ts';
import type { Repository } from '../repository.ts';
import { invalid } from './filter.ts';
import { type RouteTime, routeTimeOf } from './route-time.ts';

export interface RoutesPage {
  /** By id, rising. */
  readonly routes: readonly Route[];
  /** For the next page; empty when nothing is left. */
  readonly nextPageToken: string;
}

/** Routes whose travel times are read at a time. */
const routesAtOnce = 16;

/** The token is the id of the last that was listed. Throws InvalidInputError for what is none. */
export async function routesPage(
  { routes }: Pick<Repository, 'routes'>,
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  signal: AbortSignal,
): Promise<RoutesPage> {
  if (pageToken !== '' && !isDetectorId(pageToken)) {
    throw invalid('page_token', 'not a token: expected the next_page_token of an earlier answer');
  }
  const left = (await routes.list(signal)).filter(({ id }) => id > pageToken);
  const page = left.slice(0, pageSize);
  return { routes: page, nextPageToken: left.length > page.length ? (page.at(-1)?.id ?? '') : '' };
}

/** Throws NotFoundError. */
export async function routeNamed(
  { routes }: Pick<Repository, 'routes'>,
  id: string,
  signal: AbortSignal,
): Promise<Route> {
  const route = (await routes.list(signal)).find((each) => each.id === id);
  if (route === undefined) throw new NotFoundError(`there is no route ${id}`, { field: 'route_id' });
  return route;
}

export interface TimedRoute {
  readonly route: Route;
  readonly time: RouteTime;
}

/** Routes with the travel times of those who arrive at a time, in their order. */
export async function timedRoutes(
  repository: Pick<Repository, 'estimates'>,
  routes: readonly Route[],
  arrivalMs: number,
  signal: AbortSignal,
): Promise<readonly TimedRoute[]> {
  const timed: TimedRoute[] = [];
  for (let i = 0; i < routes.length; i += routesAtOnce) {
    const some = routes.slice(i, i + routesAtOnce);
    const times = some.map(async (route) => {
      return { route, time: await routeTimeOf(repository, route.detectorIds, arrivalMs, signal) };
    });
    timed.push(...(await Promise.all(times)));
  }
  return timed;
}
