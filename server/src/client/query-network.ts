import type { GetRouteResponse, RouteState } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Detector, Link, Network, Route } from '@tdc/shared/network.ts';
import { parseDetector, parseLink, parseRoute } from '@tdc/shared/wire.ts';
import { allPages } from '../query/all-pages.ts';
import { ask, type ClientContext, understood } from './context.ts';

/** The network as the query service has it. */
export async function queryNetwork(context: ClientContext): Promise<Network> {
  const [detectors, links, states] = await Promise.all([
    queryDetectors(context),
    queryLinks(context),
    queryRouteStates(context, false),
  ]);
  return { detectors, links, routes: states.map(({ route }) => understood(parseRoute(route))) };
}

export async function queryDetectors(context: ClientContext): Promise<readonly Detector[]> {
  const { detectors } = await ask(context, 'query', context.query.listDetectors, {});
  return detectors.map(({ detector }) => understood(parseDetector(detector)));
}

export async function queryLinks(context: ClientContext): Promise<readonly Link[]> {
  const { links } = await ask(context, 'query', context.query.listLinks, {});
  return links.map((link) => understood(parseLink(link)));
}

/** A route with the travel time of those who arrive now. */
export interface RouteNow {
  readonly route: Route;
  readonly now: GetRouteResponse;
}

export async function queryRoutesNow(context: ClientContext): Promise<readonly RouteNow[]> {
  const states = await queryRouteStates(context, true);
  return states.flatMap(({ route, now }) => (now === undefined ? [] : { route: understood(parseRoute(route)), now }));
}

async function queryRouteStates(context: ClientContext, withTravelTimes: boolean): Promise<readonly RouteState[]> {
  const read = (pageToken: string) =>
    ask(context, 'query', context.query.listRoutes, { pageSize: 0, pageToken, withTravelTimes });
  const states: RouteState[] = [];
  for await (const { routes } of allPages(read)) states.push(...routes);
  return states;
}
