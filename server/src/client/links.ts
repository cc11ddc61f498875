import type { Link } from '@tdc/shared/network.ts';
import type { Command } from 'commander';
import { linkFields, linkRecord } from '../records/link-record.ts';
import type { ClientContext, Run } from './context.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { queryLinks } from './query-network.ts';

export const linkView: View<Link> = {
  columns: [
    { title: 'from', text: ({ fromDetectorId }) => fromDetectorId },
    { title: 'to', text: ({ toDetectorId }) => toDetectorId },
    { title: 'max seconds', text: ({ maxSeconds }) => String(maxSeconds), align: 'right' },
    { title: 'length m', text: ({ lengthM }) => (lengthM === undefined ? '' : String(lengthM)), align: 'right' },
    {
      title: 'free flow s',
      text: ({ freeFlowSeconds }) => (freeFlowSeconds === undefined ? '' : String(freeFlowSeconds)),
      align: 'right',
    },
    { title: 'estimator', text: ({ estimator }) => estimator ?? '' },
  ],
  fields: linkFields,
  record: linkRecord,
};

export function addLinksCommand(program: Command, run: Run): void {
  program
    .command('links')
    .description('the links of the network')
    .action((_flags: object, command: Command) => run(command, links));
}

/** `tdc links` */
export async function links(context: ClientContext): Promise<void> {
  await writeRows(context, linkView, await queryLinks(context));
}
