import { deviceClasses } from '@tdc/shared/device-class.ts';
import { kinds } from '@tdc/shared/event.ts';
import { deviceIdPattern } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import { eventsPage } from '../../query/events-page.ts';
import { eventRecord } from '../../records/event-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { event } from '../schemas/event.ts';
import {
  detectorId,
  pageFields,
  pageParameters,
  pageQueryOf,
  severalOf,
  staleFields,
  staleness,
} from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

const query = z.strictObject({
  detector_ids: severalOf(detectorId, 'Events of these detectors.'),
  kinds: severalOf(z.enum(kinds), 'Events of these kinds.', kinds.length),
  device_classes: severalOf(z.enum(deviceClasses), 'Events of devices of these classes.', deviceClasses.length),
  device_id: z
    .string()
    .regex(deviceIdPattern, 'expected 6 to 32 lower-case hexadecimal digits')
    .optional()
    .describe('Events of this pseudonym, as the present one or as that of the epoch before.'),
  ...pageParameters,
});

const rising = <T extends string>(values: readonly T[]): readonly T[] => [...new Set(values)].sort();

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
      const { detector_ids, kinds, device_classes, device_id } = request.query;
      const filter = {
        detectorIds: rising(detector_ids),
        kinds: rising(kinds),
        deviceClasses: rising(device_classes),
        ...(device_id === undefined ? {} : { deviceId: device_id }),
      };
      const page = await eventsPage(repository, { filter, ...pageQueryOf(request.query) }, admittedOf(request).signal);
      return {
        events: page.events.map(eventRecord),
        next_page_token: page.nextPageToken === '' ? null : page.nextPageToken,
        ...staleness(repository),
      };
    },
  );
}
