import { z } from 'zod';
import { csvFormat } from '../../formats/csv.ts';
import { type RouteRecord, routeFields } from '../../records/route-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedRoutes } from '../published-record.ts';
import { charsetOf, csvKind, fileRoute } from './file-answer.ts';
import { readingAs } from './reading.ts';

/** Routes as files. */
export function addRouteFiles(app: HttpApp, context: HttpContext): void {
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
}
