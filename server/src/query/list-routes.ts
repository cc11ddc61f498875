import type { ListRoutesRequest, ListRoutesResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs, routeToWire } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { routeTimeToWire } from './estimate-wire.ts';
import { parsePageSize } from './list-fields.ts';
import { arrivalNowMs } from './route-time.ts';
import { routesPage, timedRoutes } from './routes-page.ts';

export async function listRoutes(
  { repository, clock }: QueryContext,
  { pageSize, pageToken, withTravelTimes }: ListRoutesRequest,
  signal: AbortSignal,
): Promise<ListRoutesResponse> {
  const { routes, nextPageToken } = await routesPage(
    repository,
    { pageSize: parsePageSize(pageSize), pageToken },
    signal,
  );
  const states = withTravelTimes
    ? (await timedRoutes(repository, routes, arrivalNowMs(clock), signal)).map(({ route, time }) => ({
        route: routeToWire(route),
        now: { ...routeTimeToWire(time), estimates: [] },
      }))
    : routes.map((route) => ({ route: routeToWire(route), now: undefined }));
  return { routes: states, nextPageToken, staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0) };
}
