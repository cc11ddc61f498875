import { TdcError, unreachable } from '@tdc/shared/errors.ts';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import { detectorToWire, linkToWire, routeToWire } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { ask, type ClientContext, type Run } from './context.ts';
import { print, rowWriter } from './formats/row-writer.ts';
import { printable } from './formats/table.ts';
import type { View } from './formats/view.ts';
import { type Change, type Plan, partFacts, partName, planOf } from './network-plan.ts';
import { queryNetwork } from './query-network.ts';

export interface NetworkApplyOptions {
  readonly file: string;
  /** Only say what would change. */
  readonly dryRun: boolean;
  /** Delete what the file does not have. */
  readonly prune: boolean;
}

export function addNetworkApplyCommand(network: Command, run: Run): void {
  network
    .command('apply')
    .description('make the server have the detectors, links and routes of a network file (YAML or JSON)')
    .argument('<file>', 'the network file')
    .option('--dry-run', 'only say what would change', false)
    .option('--prune', 'delete what the file does not have; with a detector go its events', false)
    .action((file: string, flags: { dryRun: boolean; prune: boolean }, command: Command) =>
      run(command, (context) => networkApply(context, { file, ...flags })),
    );
}

/** `tdc network apply`: applying the same file again changes nothing. */
export async function networkApply(context: ClientContext, options: NetworkApplyOptions): Promise<void> {
  const wanted = readNetworkFile(options.file);
  const plan = planOf(await queryNetwork(context), wanted, options);
  const report = context.config.output === 'table' ? linesFor(context) : rowWriter(context, changeView);
  for (const [done, change] of plan.changes.entries()) {
    if (!options.dryRun) await applyChange(context, change).catch((error) => stoppedAfter(done, plan, change, error));
    await report.write([change]);
  }
  await report.end();
  const { stdout, stderr, signal, config } = context;
  await print(config.output === 'table' ? stdout : stderr, summaryText(plan, options), signal);
}

async function applyChange(context: ClientContext, { action, part }: Change): Promise<void> {
  const { collector } = context;
  const isDeletion = action === 'delete';
  switch (part.type) {
    case 'detector': {
      const { detector } = part;
      if (isDeletion) await ask(context, 'collector', collector.deleteDetector, { detectorId: detector.id });
      else await ask(context, 'collector', collector.putDetector, { detector: detectorToWire(detector) });
      return;
    }
    case 'link': {
      const { fromDetectorId, toDetectorId } = part.link;
      if (isDeletion) await ask(context, 'collector', collector.deleteLink, { fromDetectorId, toDetectorId });
      else await ask(context, 'collector', collector.putLink, { link: linkToWire(part.link) });
      return;
    }
    case 'route': {
      const { route } = part;
      if (isDeletion) await ask(context, 'collector', collector.deleteRoute, { routeId: route.id });
      else await ask(context, 'collector', collector.putRoute, { route: routeToWire(route) });
      return;
    }
    default:
      unreachable(part);
  }
}

function stoppedAfter(done: number, plan: Plan, { part }: Change, error: unknown): never {
  if (!(error instanceof TdcError)) throw error;
  throw new Error(
    `stopped at ${partName(part)}, after ${done} of ${plan.changes.length} changes (apply the file again to go on): ${error.message}`,
    { cause: error },
  );
}

const signs = { add: '+', change: '~', delete: '-' } as const;

/** Lines like those of a diff. */
function linesFor({ stdout, signal }: ClientContext) {
  return {
    write: async (changes: readonly Change[]) => {
      const lines = changes.map((change) => `${signs[change.action]} ${printable(changeText(change))}\n`);
      await print(stdout, lines.join(''), signal);
    },
    end: async () => {},
  };
}

function changeText({ action, part, differences }: Change): string {
  if (action === 'change') return `${partName(part)}  ${differences.join(', ')}`;
  if (action === 'delete') return `${partName(part)}${part.type === 'detector' ? '  with its events' : ''}`;
  return `${partName(part)}  ${[...partFacts(part)].map(([name, fact]) => `${name} ${fact}`).join(', ')}`;
}

function summaryText({ changes, kept, unchanged }: Plan, { dryRun }: NetworkApplyOptions): string {
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length;
  const words = dryRun ? ['to add', 'to change', 'to delete'] : ['added', 'changed', 'deleted'];
  const counts = (['add', 'change', 'delete'] as const).map((action, i) => `${count(action)} ${words[i]}`);
  const surplus = kept.map((part) => `  ${partName(part)}\n`).join('');
  return [
    surplus === '' ? '' : `In the server and not in the file, kept (--prune deletes them):\n${surplus}`,
    `${counts.join(', ')}, ${unchanged} unchanged${dryRun ? '; nothing was done' : ''}\n`,
  ].join('');
}

const changeView: View<Change> = {
  columns: [],
  fields: ['action', 'type', 'detector_id', 'from_detector_id', 'to_detector_id', 'route_id', 'differences'],
  record: ({ action, part, differences }) => ({
    action,
    type: part.type,
    detector_id: part.type === 'detector' ? part.detector.id : null,
    from_detector_id: part.type === 'link' ? part.link.fromDetectorId : null,
    to_detector_id: part.type === 'link' ? part.link.toDetectorId : null,
    route_id: part.type === 'route' ? part.route.id : null,
    differences,
  }),
};
