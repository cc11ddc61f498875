import { NotFoundError, unreachable } from '@tdc/shared/errors.ts';
import type { Command } from 'commander';
import { csvFormat } from '../../formats/csv.ts';
import { measuredRoutes } from '../../formats/datex2/measured.ts';
import type { Publisher } from '../../formats/datex2/publisher.ts';
import { routeCollection } from '../../formats/geojson.ts';
import { type RouteRecord, routeFields, routeRecord } from '../../records/route-record.ts';
import type { ClientContext, Run } from '../context.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { queryDetectors, queryRoutesNow } from '../query-network.ts';
import { addExportOptions, type ExportOptions, exportTo } from './export.ts';
import { addPublisherFlags, type PublisherFlags, publisherOf } from './publisher-flags.ts';

const formats = ['geojson', 'datex2', 'csv', 'ndjson'] as const;
type RouteFormat = (typeof formats)[number];

export type ExportRoutesOptions = ExportOptions<RouteFormat> & PublisherFlags;

export function addExportRoutesCommand(program: Command, run: Run): void {
  const command = program.command('routes').description('the routes that have a name with their travel times now');
  addPublisherFlags(addExportOptions(command, formats)).action((options: ExportRoutesOptions, command: Command) =>
    run(command, (context) => exportRoutes(context, options)),
  );
}

/** `tdc export routes` */
export async function exportRoutes(context: ClientContext, options: ExportRoutesOptions): Promise<void> {
  const publisher = publisherOf(options);
  await exportTo(context, { file: options.file, isBinary: false, what: 'routes' }, async function* (progress) {
    const routes = (await queryRoutesNow(context)).map(({ route, now }) => routeRecord(route, now));
    progress.rows = routes.length;
    yield* textOf(context, options.format, routes, publisher);
  });
}

async function* textOf(
  context: ClientContext,
  format: RouteFormat,
  routes: readonly RouteRecord[],
  publisher: Publisher,
): AsyncGenerator<string> {
  switch (format) {
    case 'geojson':
      yield `${JSON.stringify(routeCollection(routes, await queryDetectors(context)))}\n`;
      return;
    case 'datex2': {
      const [first] = routes;
      if (first === undefined) throw new NotFoundError('no route has a name: expected one to publish');
      // Loaded where it is written: other commands start without it.
      const { travelTimePublication } = await import('../../formats/datex2/travel-times.ts');
      const measured = measuredRoutes(routes, await queryDetectors(context));
      yield* travelTimePublication(measured, { publisher, nowMs: Date.parse(first.arrival) });
      return;
    }
    case 'csv': {
      const csv = csvFormat<RouteRecord>(routeFields, (record) => record, '\r\n');
      yield csv.rows(routes) + csv.end();
      return;
    }
    case 'ndjson':
      yield ndjsonFormat<RouteRecord>((record) => record).rows(routes);
      return;
    default:
      unreachable(format);
  }
}
