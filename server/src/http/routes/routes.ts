import { routeDetectorsMax } from '@tdc/shared/network.ts';
import { z } from 'zod';
import { routeTimeToWire } from '../../query/estimate-wire.ts';
import { arrivalNowMs, expectLinks, type RouteTime, routeTimeOf } from '../../query/route-time.ts';
import { routeNamed, routesPage, timedRoutes } from '../../query/routes-page.ts';
import { routeTimeRecord } from '../../records/route-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedRecord, publishedRoute } from '../published-record.ts';
import {
  detectorId,
  pageFields,
  pageParameters,
  severalOf,
  staleFields,
  staleness,
  timeParameter,
} from '../schemas/fields.ts';
import { namedRoute, namedRouteTime, routeId, routeTime } from '../schemas/route.ts';
import { problemResponses, readingAs } from './reading.ts';

const sequence = severalOf(detectorId, 'The detectors of the route in their order, two or more.', routeDetectorsMax);
const arrival = timeParameter.optional().describe('When they arrive; now, by default.');
const whenDescription = 'Each link counts as it was when the driver who arrives at the end was there.';

export function addRouteRoutes(app: HttpApp, context: HttpContext): void {
  addAnyRoute(app, context);
  addNamedRoutes(app, context);
}

/** Along whatever is linked. */
function addAnyRoute(app: HttpApp, { repository, clock }: HttpContext): void {
  app.get(
    '/api/v1/route',
    {
      config: readingAs('getRoute'),
      schema: {
        operationId: 'getRoute',
        summary: 'The travel time along detectors in sequence',
        description: whenDescription,
        tags: ['travel times'],
        querystring: z.strictObject({
          detector_ids: sequence.refine((ids) => ids.length >= 2, 'expected two detectors or more'),
          arrival,
        }),
        response: { 200: z.object({ route: routeTime, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { signal } = admittedOf(request);
      const ids = request.query.detector_ids;
      expectLinks(await repository.network.links(signal), ids);
      const arrivalMs = arrivalMsOf(request.query, clock);
      const time = await routeTimeOf(repository, ids, arrivalMs, signal);
      const estimates = time.estimates.map(publishedRecord);
      return { route: { ...summaryOf(time), estimates }, ...staleness(repository) };
    },
  );
}

function addNamedRoutes(app: HttpApp, { repository, clock }: HttpContext): void {
  app.get(
    '/api/v1/routes',
    {
      config: readingAs('listRoutes'),
      schema: {
        operationId: 'listRoutes',
        summary: 'The routes that have a name, with their travel times now',
        description: whenDescription,
        tags: ['travel times'],
        querystring: z.strictObject({ page_size: pageParameters.page_size, page_token: pageParameters.page_token }),
        response: {
          200: z.object({ routes: z.array(namedRoute), ...pageFields, ...staleFields }),
          ...problemResponses,
        },
      },
    },
    async (request) => {
      const { signal } = admittedOf(request);
      const { page_size: pageSize, page_token: pageToken = '' } = request.query;
      const page = await routesPage(repository, { pageSize, pageToken }, signal);
      const timed = await timedRoutes(repository, page.routes, arrivalNowMs(clock), signal);
      return {
        routes: timed.map(publishedRoute),
        next_page_token: page.nextPageToken === '' ? null : page.nextPageToken,
        ...staleness(repository),
      };
    },
  );
  app.get(
    '/api/v1/routes/:route_id',
    {
      config: readingAs('getRoute'),
      schema: {
        operationId: 'getNamedRoute',
        summary: 'One route that has a name, with its travel time now or at a time before',
        description: whenDescription,
        tags: ['travel times'],
        params: z.object({ route_id: routeId }),
        querystring: z.strictObject({ arrival }),
        response: { 200: z.object({ route: namedRouteTime, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { signal } = admittedOf(request);
      const route = await routeNamed(repository, request.params.route_id, signal);
      const arrivalMs = arrivalMsOf(request.query, clock);
      const time = await routeTimeOf(repository, route.detectorIds, arrivalMs, signal);
      const estimates = time.estimates.map(publishedRecord);
      return { route: { ...publishedRoute({ route, time }), estimates }, ...staleness(repository) };
    },
  );
}

const arrivalMsOf = ({ arrival: asked }: { readonly arrival?: string | undefined }, clock: HttpContext['clock']) =>
  asked === undefined ? arrivalNowMs(clock) : Date.parse(asked);

const summaryOf = (time: RouteTime) => ({ ...routeTimeRecord(routeTimeToWire(time)), status: time.status });
