import { z } from 'zod';
import { travelTimeToWire } from '../../query/estimate-wire.ts';
import { routeDetectorsMax, routeTimeOf } from '../../query/route-time.ts';
import { travelTimeRecord } from '../../records/estimate-record.ts';
import { isoTime } from '../../records/iso-time.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedRecord } from '../published-record.ts';
import { routeTime } from '../schemas/estimate.ts';
import { detectorId, severalOf, staleFields, staleness, timeParameter } from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

const sequence = severalOf(detectorId, 'The detectors of the route in their order, two or more.', routeDetectorsMax);

export function addRouteRoutes(app: HttpApp, { repository, clock }: HttpContext): void {
  app.get(
    '/api/v1/route',
    {
      config: readingAs('getRoute'),
      schema: {
        operationId: 'getRoute',
        summary: 'The travel time along detectors in sequence',
        description: 'Each link counts as it was when the driver who arrives at the end was there.',
        tags: ['travel times'],
        querystring: z.strictObject({
          detector_ids: sequence.refine((ids) => ids.length >= 2, 'expected two detectors or more'),
          arrival: timeParameter.optional().describe('When they arrive; now, by default.'),
        }),
        response: { 200: z.object({ route: routeTime, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { detector_ids, arrival } = request.query;
      const arrivalMs = arrival === undefined ? clock.nowMs() : Date.parse(arrival);
      const { travelTime, status, estimates } = await routeTimeOf(
        repository,
        detector_ids,
        arrivalMs,
        admittedOf(request).signal,
      );
      const route = {
        arrival: isoTime(arrivalMs),
        status,
        ...travelTimeRecord(travelTime === undefined ? undefined : travelTimeToWire(travelTime)),
        estimates: estimates.map(publishedRecord),
      };
      return { route, ...staleness(repository) };
    },
  );
}
