import { unreachable } from '@tdc/shared/errors.ts';
import type { Command } from 'commander';
import { csvFormat } from '../../formats/csv.ts';
import { routeCollection } from '../../formats/geojson.ts';
import { type RouteRecord, routeFields, routeRecord } from '../../records/route-record.ts';
import type { ClientContext, Run } from '../context.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { queryDetectors, queryRoutesNow } from '../query-network.ts';
import { addExportOptions, type ExportOptions, exportTo } from './export.ts';

const formats = ['geojson', 'csv', 'ndjson'] as const;
type RouteFormat = (typeof formats)[number];

export function addExportRoutesCommand(program: Command, run: Run): void {
  const command = program.command('routes').description('the routes that have a name with their travel times now');
  addExportOptions(command, formats).action((options: ExportOptions<RouteFormat>, command: Command) =>
    run(command, (context) => exportRoutes(context, options)),
  );
}

/** `tdc export routes` */
export async function exportRoutes(context: ClientContext, options: ExportOptions<RouteFormat>): Promise<void> {
  await exportTo(context, { file: options.file, isBinary: false, what: 'routes' }, async function* (progress) {
    const routes = (await queryRoutesNow(context)).map(({ route, now }) => routeRecord(route, now));
    progress.rows = routes.length;
    yield await textOf(context, options.format, routes);
  });
}

async function textOf(context: ClientContext, format: RouteFormat, routes: readonly RouteRecord[]): Promise<string> {
  switch (format) {
    case 'geojson':
      return `${JSON.stringify(routeCollection(routes, await queryDetectors(context)))}\n`;
    case 'csv': {
      const csv = csvFormat<RouteRecord>(routeFields, (record) => record, '\r\n');
      return csv.rows(routes) + csv.end();
    }
    case 'ndjson':
      return ndjsonFormat<RouteRecord>((record) => record).rows(routes);
    default:
      return unreachable(format);
  }
}
