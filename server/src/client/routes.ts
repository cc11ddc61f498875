import type { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Command } from 'commander';
import { statusName } from '../records/estimate-record.ts';
import { routeFields, routeRecord } from '../records/route-record.ts';
import type { ClientContext, Run } from './context.ts';
import { travelTimeColumns } from './estimate-view.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { queryRoutesNow, type RouteNow } from './query-network.ts';
import { secondsText } from './times.ts';

const routeView: View<RouteNow> = {
  columns: [
    { title: 'route', text: ({ route }) => route.id },
    { title: 'name', text: ({ route }) => route.name },
    ...travelTimeColumns<RouteNow>(({ now }) => now.travelTime),
    { title: 'status', text: ({ now }) => routeStatusText(now) },
  ],
  fields: routeFields,
  record: ({ route, now }) => routeRecord(route, now),
};

/** With what keeps it from being live. */
export function routeStatusText({ status, ageSeconds, reasons }: GetRouteResponse): string {
  const age = reasons.length === 0 || ageSeconds === undefined ? [] : [`${secondsText(ageSeconds)} old`];
  return [statusName(status), ...age, ...reasons].join(', ');
}

export function addRoutesCommand(program: Command, run: Run): void {
  program
    .command('routes')
    .description('the routes that have a name, with the travel times of those who arrive now')
    .action((_flags: object, command: Command) => run(command, routes));
}

/** `tdc routes` */
export async function routes(context: ClientContext): Promise<void> {
  await writeRows(context, routeView, await queryRoutesNow(context));
}
