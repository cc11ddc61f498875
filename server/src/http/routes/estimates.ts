import { z } from 'zod';
import { estimatesPage, newestOf } from '../../query/estimates-page.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedRecord } from '../published-record.ts';
import { estimate, estimateParameters, linksOf } from '../schemas/estimate.ts';
import { pageFields, pageParameters, pageQueryOf, staleFields, staleness } from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

export function addEstimateRoutes(app: HttpApp, { repository }: HttpContext): void {
  app.get(
    '/api/v1/estimates',
    {
      config: readingAs('listEstimates'),
      schema: {
        operationId: 'newestEstimates',
        summary: 'The travel times now: the last minute of each link',
        tags: ['travel times'],
        querystring: z.strictObject({ links: estimateParameters.links }),
        response: { 200: z.object({ estimates: z.array(estimate), ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const newest = await newestOf(repository, linksOf(request.query.links), admittedOf(request).signal);
      return { estimates: newest.map(publishedRecord), ...staleness(repository) };
    },
  );
  app.get(
    '/api/v1/estimates/history',
    {
      config: readingAs('listEstimates'),
      schema: {
        operationId: 'listEstimates',
        summary: 'The travel times of before, link after link',
        description: 'A page holds whole minutes: with all revisions it may have more entries than `page_size`.',
        tags: ['travel times'],
        querystring: z.strictObject({
          ...estimateParameters,
          ...pageParameters,
        }),
        response: {
          200: z.object({ estimates: z.array(estimate), ...pageFields, ...staleFields }),
          ...problemResponses,
        },
      },
    },
    async (request) => {
      const { links: texts, revisions = 'last' } = request.query;
      const page = await estimatesPage(
        repository,
        { links: linksOf(texts), revisions, ...pageQueryOf(request.query) },
        admittedOf(request).signal,
      );
      return {
        estimates: page.estimates.map(publishedRecord),
        next_page_token: page.nextPageToken === '' ? null : page.nextPageToken,
        ...staleness(repository),
      };
    },
  );
}
