import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Detector, Link, Network, Route } from '@tdc/shared/network.ts';
import type { Command } from 'commander';
import type { JsonValue } from '../formats/row.ts';
import type { ClientContext, Run } from './context.ts';
import { print } from './formats/row-writer.ts';
import { tableFormat } from './formats/table.ts';
import type { Column } from './formats/view.ts';
import { linkView } from './links.ts';
import { positionText } from './position-text.ts';
import { queryNetwork } from './query-network.ts';

export function addNetworkShowCommand(network: Command, run: Run): void {
  network
    .command('show')
    .description('print the network; with --output json as a file that `tdc network apply` takes')
    .action((_flags: object, command: Command) => run(command, networkShow));
}

/** `tdc network show` */
export async function networkShow(context: ClientContext): Promise<void> {
  const { config, stdout, signal } = context;
  if (config.output !== 'table' && config.output !== 'json') {
    throw new InvalidInputError(
      `--output ${config.output}: expected table or json; \`tdc detectors\`, \`tdc links\` and \`tdc routes\` print rows`,
      { field: '--output' },
    );
  }
  const network = await queryNetwork(context);
  await print(stdout, config.output === 'json' ? networkFileText(network) : tableText(network), signal);
}

const detectorColumns: readonly Column<Detector>[] = [
  { title: 'detector', text: ({ id }) => id },
  { title: 'name', text: ({ name }) => name },
  { title: 'position', text: ({ position }) => positionText(position) },
];

const routeColumns: readonly Column<Route>[] = [
  { title: 'route', text: ({ id }) => id },
  { title: 'name', text: ({ name }) => name },
  { title: 'along', text: ({ detectorIds }) => detectorIds.join(' ') },
];

function tableText({ detectors, links, routes }: Network): string {
  const tables = [tableOf(detectorColumns, detectors), tableOf(linkView.columns, links)];
  return [...tables, ...(routes.length === 0 ? [] : [tableOf(routeColumns, routes)])].join('\n');
}

function tableOf<T>(columns: readonly Column<T>[], items: readonly T[]): string {
  const table = tableFormat(columns);
  return `${table.rows(items)}${table.end()}`;
}

/** The network as a network file in JSON, a detector, link or route a line. */
function networkFileText({ detectors, links, routes }: Network): string {
  const list = (items: readonly JsonValue[]): string =>
    items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const families = [
    ...[`"detectors": ${list(detectors.map(detectorEntry))}`, `"links": ${list(links.map(linkEntry))}`],
    `"routes": ${list(routes.map(routeEntry))}`,
  ];
  return `{\n${families.map((family) => `  ${family}`).join(',\n')}\n}\n`;
}

const detectorEntry = ({ id, name, position }: Detector): JsonValue => ({
  id,
  ...(name === '' ? {} : { name }),
  ...(position.type === 'geo'
    ? { latitude: position.latitude, longitude: position.longitude }
    : { x: position.xM, y: position.yM }),
});

const linkEntry = (link: Link): JsonValue => ({
  from: link.fromDetectorId,
  to: link.toDetectorId,
  max_seconds: link.maxSeconds,
  ...(link.lengthM === undefined ? {} : { length_m: link.lengthM }),
  ...(link.freeFlowSeconds === undefined ? {} : { free_flow_seconds: link.freeFlowSeconds }),
  ...(link.estimator === undefined ? {} : { estimator: link.estimator }),
});

const routeEntry = ({ id, name, detectorIds }: Route): JsonValue => ({
  id,
  ...(name === '' ? {} : { name }),
  detectors: detectorIds,
});
