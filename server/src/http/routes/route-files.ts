import { NotFoundError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { csvFormat } from '../../formats/csv.ts';
import { measuredRoutes } from '../../formats/datex2/measured.ts';
import { type RouteRecord, routeFields } from '../../records/route-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedRoutes } from '../published-record.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { charsetOf, csvKind, datex2Kind, fileRoute } from './file-answer.ts';
import { readingAs } from './reading.ts';

/** Routes as files. */
export function addRouteFiles(app: HttpApp, context: HttpContext, answers: StreamedAnswers): void {
  const { schema } = fileRoute(csvKind);
  app.get(
    '/api/v1/routes.csv',
    {
      config: readingAs('listRoutes'),
      schema: {
        ...schema,
        operationId: 'routesAsCsv',
        summary: 'The routes that have a name as CSV, with their travel times now',
        querystring: z.strictObject({}),
      },
    },
    async (request, reply) => {
      const format = csvFormat<RouteRecord>(routeFields, (record) => record, '\r\n');
      const routes = await publishedRoutes(context, admittedOf(request).signal);
      return reply.type(charsetOf(csvKind)).send(format.rows(routes) + format.end());
    },
  );
  const datex2 = fileRoute(datex2Kind);
  app.get(
    '/api/v1/routes.datex2.xml',
    {
      ...datex2,
      config: readingAs('listRoutes'),
      schema: {
        ...datex2.schema,
        operationId: 'routesAsDatex2',
        summary: 'The routes that have a name as DATEX II, with their travel times now',
        description: 'Where no route has a name there is no publication: the answer is 404.',
        querystring: z.strictObject({}),
      },
    },
    (request, reply) =>
      void answers.answer(request, reply, {
        ...{ type: charsetOf(datex2Kind), fileName: 'routes.datex2.xml' },
        pieces: (signal) => publicationOf(context, signal),
      }),
  );
}

async function* publicationOf(context: HttpContext, signal: AbortSignal): AsyncGenerator<string> {
  const { repository, publisher, clock } = context;
  const [routes, detectors] = await Promise.all([
    publishedRoutes(context, signal),
    repository.network.detectors(signal),
  ]);
  if (routes.length === 0) throw new NotFoundError('no route has a name: expected one to publish');
  const { travelTimePublication } = await import('../../formats/datex2/travel-times.ts');
  yield* travelTimePublication(measuredRoutes(routes, detectors), { publisher, nowMs: clock.nowMs() });
}
