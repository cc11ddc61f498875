import { NotFoundError } from '@tdc/shared/errors.ts';
import type { Link } from '@tdc/shared/network.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { statusText } from '@tdc/shared/status-text.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import type { DetectorHealth } from '../query/detector-health.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { detectorHealthOf } from './detector-health.ts';
import { detectorView } from './detector-view.ts';
import { addSilentAfterOption, type SilentAfterOption, silentAfterMsOf } from './detectors.ts';
import { print, writeRows } from './formats/row-writer.ts';
import { positionText } from './position-text.ts';
import { queryLinks } from './query-network.ts';
import { timeText } from './times.ts';

export function addDetectorShowCommand(detector: Command, run: Run): void {
  const command = detector
    .command('show')
    .description('one detector: where it is, its links, and all that its agent says of itself')
    .argument('<detector>', 'its id');
  addSilentAfterOption(command).action((id: string, options: SilentAfterOption, command: Command) =>
    run(command, (context) => detectorShow(context, id, options)),
  );
}

/** `tdc detector show`. Throws NotFoundError for a detector that the network has not. */
export async function detectorShow(context: ClientContext, id: string, options: SilentAfterOption): Promise<void> {
  const silentAfterMs = silentAfterMsOf(options);
  const { detectors, nowNs } = await ask(context, 'query', context.query.listDetectors, {});
  const state = detectors.find(({ detector }) => detector?.id === id);
  if (state === undefined) throw new NotFoundError(`there is no detector ${JSON.stringify(id)} in the network`);
  const health = detectorHealthOf(state, msFromNs(nowNs), silentAfterMs);
  if (context.config.output !== 'table') return writeRows(context, detectorView, [health]);
  const links = await queryLinks(context);
  await print(context.stdout, detectorText(health, links, context.config), context.signal);
}

/** Facts for people, one a line: what the centre knows, then what the agent said last. */
function detectorText(
  { detector, word, reasons, contact }: DetectorHealth,
  links: readonly Link[],
  { utc }: { readonly utc: boolean },
): string {
  const rows: readonly (readonly [string, string])[] = [
    ['detector', detector.id],
    ['name', detector.name],
    ['position', positionText(detector.position)],
    [
      'links to',
      listText(links.filter((link) => link.fromDetectorId === detector.id).map((link) => link.toDetectorId)),
    ],
    [
      'links from',
      listText(links.filter((link) => link.toDetectorId === detector.id).map((link) => link.fromDetectorId)),
    ],
    ['state', [word, ...reasons].join('; ')],
    [
      'contact',
      contact === undefined
        ? 'never'
        : `${roughDuration(contact.ageMs)} ago, ${timeText(contact.reportedAtMs, { utc })}`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const known = rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
  return contact === undefined
    ? known
    : `${known}\nat that moment, as its agent says:\n${statusText(contact.status)}\n`;
}

const listText = (ids: readonly string[]): string => (ids.length === 0 ? 'none' : ids.join(', '));
