import { z } from 'zod';
import { detectorCollection, linkCollection, routeCollection } from '../../formats/geojson.ts';
import { healthOf } from '../../query/detector-health.ts';
import { detectorStates } from '../../query/detector-states.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedLiveLinks, publishedRoutes } from '../published-record.ts';
import { staleness } from '../schemas/fields.ts';
import { detectorCollectionSchema, linkCollectionSchema, routeCollectionSchema } from '../schemas/geojson.ts';
import { detectorsQuery } from './detectors.ts';
import { problemResponses, readingAs } from './reading.ts';

const type = 'application/geo+json';
const contentOf = (schema: z.ZodType) => ({ description: 'GeoJSON (RFC 7946).', content: { [type]: { schema } } });

/** For maps. */
export function addGeojsonRoutes(app: HttpApp, context: HttpContext): void {
  const { repository, clock } = context;
  app.get(
    '/api/v1/links.geojson',
    {
      config: readingAs('listEstimates'),
      schema: {
        operationId: 'linksAsGeojson',
        summary: 'The links as lines on a map, with their travel times now',
        description: 'A line is straight: the way of the road between its detectors is not known.',
        tags: ['files'],
        querystring: z.strictObject({}),
        response: { 200: contentOf(linkCollectionSchema), ...problemResponses },
      },
    },
    async (request, reply) => {
      const links = await publishedLiveLinks(context, admittedOf(request).signal);
      return reply.type(type).send({ ...linkCollection(links), ...staleness(repository) });
    },
  );
  app.get(
    '/api/v1/detectors.geojson',
    {
      config: readingAs('listDetectors'),
      schema: {
        operationId: 'detectorsAsGeojson',
        summary: 'The detectors as points on a map, and how they are',
        tags: ['files'],
        querystring: detectorsQuery,
        response: { 200: contentOf(detectorCollectionSchema), ...problemResponses },
      },
    },
    async (request, reply) => {
      const states = await detectorStates(repository, admittedOf(request).signal);
      const silentAfterMs = request.query.silent_after_seconds * 1000;
      const collection = detectorCollection(states.map((state) => healthOf(state, clock.nowMs(), silentAfterMs)));
      return reply.type(type).send({ ...collection, ...staleness(repository) });
    },
  );
  app.get(
    '/api/v1/routes.geojson',
    {
      config: readingAs('listRoutes'),
      schema: {
        operationId: 'routesAsGeojson',
        summary: 'The routes that have a name as lines on a map, with their travel times now',
        description: 'A line is straight from detector to detector.',
        tags: ['files'],
        querystring: z.strictObject({}),
        response: { 200: contentOf(routeCollectionSchema), ...problemResponses },
      },
    },
    async (request, reply) => {
      const { signal } = admittedOf(request);
      const [routes, detectors] = await Promise.all([
        publishedRoutes(context, signal),
        repository.network.detectors(signal),
      ]);
      return reply.type(type).send({ ...routeCollection(routes, detectors), ...staleness(repository) });
    },
  );
}
