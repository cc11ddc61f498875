import type { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { statusName, travelTimeRecord } from '../records/estimate-record.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { linkText, travelTimeColumns } from './estimate-view.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { timeFlag } from './times.ts';

/** A link of the route, or the whole. */
type Part = Pick<GetRouteResponse, 'travelTime' | 'status'> & { readonly name: string };

const routeView: View<Part> = {
  columns: [
    { title: 'link', text: ({ name }) => name },
    ...travelTimeColumns<Part>(({ travelTime }) => travelTime),
    { title: 'status', text: ({ status }) => statusName(status) },
  ],
  fields: [
    ...['part', 'status', 'mean_seconds', 'lower_seconds', 'upper_seconds', 'fast_seconds', 'slow_seconds'],
    ...['departure_seconds', 'free_flow_seconds', 'delay_seconds'],
  ],
  record: ({ name, status, travelTime }) => ({
    part: name,
    status: statusName(status),
    ...travelTimeRecord(travelTime),
  }),
};

export function addRouteCommand(program: Command, run: Run): void {
  program
    .command('route')
    .description('the travel time along detectors in sequence, of those who arrive now or arrived at a time')
    .argument('<detectors...>', 'two detectors or more')
    .option('--at <time>', 'when they arrived: -2h, or ISO 8601 (default: now)')
    .action((detectors: readonly string[], options: { readonly at?: string }, command: Command) =>
      run(command, (context) => route(context, detectors, options)),
    );
}

/** `tdc route` */
export async function route(
  context: ClientContext,
  detectors: readonly string[],
  { at }: { readonly at?: string },
): Promise<void> {
  const arrivalNs = at === undefined ? 0n : nsFromMs(timeFlag(context, '--at', at));
  const { travelTime, status, estimates } = await ask(context, 'query', context.query.getRoute, {
    detectorIds: [...detectors],
    arrivalNs,
  });
  const parts = estimates.map((estimate) => ({ ...estimate, name: linkText(estimate) }));
  await writeRows(context, routeView, [...parts, { name: 'whole route', travelTime, status }]);
}
