import { NotFoundError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { linkRecord } from '../../records/link-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { detectorId, staleFields, staleness } from '../schemas/fields.ts';
import { link } from '../schemas/network.ts';
import { problemResponses, readingAs } from './reading.ts';

export function addLinkRoutes(app: HttpApp, { repository }: HttpContext): void {
  app.get(
    '/api/v1/links',
    {
      config: readingAs('listLinks'),
      schema: {
        operationId: 'listLinks',
        summary: 'The links of the network',
        tags: ['network'],
        querystring: z.strictObject({}),
        response: { 200: z.object({ links: z.array(link), ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const links = await repository.network.links(admittedOf(request).signal);
      return { links: links.map(linkRecord), ...staleness(repository) };
    },
  );
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id',
    {
      config: readingAs('listLinks'),
      schema: {
        operationId: 'getLink',
        summary: 'One link',
        tags: ['network'],
        params: z.object({ from_detector_id: detectorId, to_detector_id: detectorId }),
        querystring: z.strictObject({}),
        response: { 200: z.object({ link, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { from_detector_id: from, to_detector_id: to } = request.params;
      const links = await repository.network.links(admittedOf(request).signal);
      const found = links.find(({ fromDetectorId, toDetectorId }) => fromDetectorId === from && toDetectorId === to);
      if (found === undefined) throw new NotFoundError(`there is no link from ${from} to ${to}`);
      return { link: linkRecord(found), ...staleness(repository) };
    },
  );
}
