import { z } from 'zod';
import { eventsPage } from '../../query/events-page.ts';
import { eventRecord } from '../../records/event-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { event, eventFilterOf, eventParameters } from '../schemas/event.ts';
import { pageFields, pageParameters, pageQueryOf, staleFields, staleness } from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

const query = z.strictObject({ ...eventParameters, ...pageParameters });

export function addEventRoutes(app: HttpApp, { repository }: HttpContext): void {
  app.get(
    '/api/v1/events',
    {
      config: readingAs('listEvents'),
      schema: {
        operationId: 'listEvents',
        summary: 'The passages of devices, of all detectors in one order',
        description:
          'A page may hold fewer entries than asked for, even none, while `next_page_token` says that more are left. What is committed meanwhile behind the place that is reached comes with a later page.',
        tags: ['events'],
        querystring: query,
        response: { 200: z.object({ events: z.array(event), ...pageFields, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const filter = eventFilterOf(request.query);
      const page = await eventsPage(repository, { filter, ...pageQueryOf(request.query) }, admittedOf(request).signal);
      return {
        events: page.events.map(eventRecord),
        next_page_token: page.nextPageToken === '' ? null : page.nextPageToken,
        ...staleness(repository),
      };
    },
  );
}
