import type { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { statusName, travelTimeRecord } from '../records/estimate-record.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { linkText, travelTimeColumns } from './estimate-view.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { routeStatusText } from './routes.ts';
import { timeFlag } from './times.ts';

/** A link of the route, or the whole. */
type Part = Pick<GetRouteResponse, 'travelTime' | 'status'> & { readonly name: string; readonly statusText: string };

const routeView: View<Part> = {
  columns: [
    { title: 'link', text: ({ name }) => name },
    ...travelTimeColumns<Part>(({ travelTime }) => travelTime),
    { title: 'status', text: ({ statusText }) => statusText },
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
    .description('the travel time along a route, of those who arrive now or arrived at a time')
    .argument('<route...>', 'the id of one that has a name; or its detectors in the order of the drive, two or more')
    .option('--at <time>', 'when they arrived: -2h, or ISO 8601 (default: now)')
    .action((names: readonly string[], options: { readonly at?: string }, command: Command) =>
      run(command, (context) => route(context, names, options)),
    );
}

/** `tdc route`: one name is that of a route, more are its detectors. */
export async function route(
  context: ClientContext,
  names: readonly string[],
  { at }: { readonly at?: string },
): Promise<void> {
  const arrivalNs = at === undefined ? 0n : nsFromMs(timeFlag(context, '--at', at));
  const [first = ''] = names;
  const along = names.length === 1 ? { routeId: first, detectorIds: [] } : { routeId: '', detectorIds: [...names] };
  const whole = await ask(context, 'query', context.query.getRoute, { ...along, arrivalNs });
  const parts = whole.estimates.map((estimate) => ({
    ...estimate,
    ...{ name: linkText(estimate), statusText: statusName(estimate.status) },
  }));
  await writeRows(context, routeView, [
    ...parts,
    { ...whole, name: 'whole route', statusText: routeStatusText(whole) },
  ]);
}
