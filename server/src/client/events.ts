import { type DeviceClass, deviceClasses } from '@tdc/shared/device-class.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { type DetectionEvent, type Kind, kinds } from '@tdc/shared/event.ts';
import type { EventFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { deviceClassToWireNumber, isDeviceId, kindToWireNumber, quoted } from '@tdc/shared/wire.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ClientContext, Run } from './context.ts';
import { eventView } from './event-view.ts';
import { detectorListFlag, listFlag, numberFlag } from './flags.ts';
import { followEvents } from './follow-events.ts';
import { type RowWriter, rowWriter } from './formats/row-writer.ts';
import { listEvents } from './list-events.ts';
import { timeFlag } from './times.ts';

export interface EventsOptions {
  readonly detector?: readonly string[];
  readonly kind?: readonly Kind[];
  readonly deviceClass?: readonly DeviceClass[];
  readonly device?: string;
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'newest' | 'oldest';
  /** 0 for all. */
  readonly limit?: number;
  readonly follow?: boolean;
}

const limitByDefault = 100;

export function addEventsCommand(program: Command, run: Run): void {
  const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);
  const isDeviceClass = (text: string): text is DeviceClass => deviceClasses.some((each) => each === text);
  program
    .command('events')
    .description('events, the newest first, or as they come')
    .addOption(
      new Option('--detector <id>', 'of these detectors; again or with commas for more').argParser(detectorListFlag),
    )
    .addOption(
      new Option('--kind <kind>', 'of these kinds; again or with commas for more')
        .choices(kinds)
        .argParser(listFlag(isKind, kinds.join(', '))),
    )
    .addOption(
      new Option(
        '--device-class <class>',
        'of devices that say they are of these classes; again or with commas for more',
      )
        .choices(deviceClasses)
        .argParser(listFlag(isDeviceClass, deviceClasses.join(', '))),
    )
    .addOption(
      new Option('--device <id>', 'of this pseudonym, in its own epoch or the next').argParser(parseDeviceFlag),
    )
    .option('--from <time>', 'from this reference time on: now, -2h, or ISO 8601')
    .option('--to <time>', 'before this reference time')
    .addOption(new Option('--order <order>', 'which come first (default: newest)').choices(['newest', 'oldest']))
    .addOption(
      new Option(
        '--limit <number>',
        `how many at most, 0 for all (default: ${limitByDefault}; with --follow all)`,
      ).argParser(numberFlag({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true })),
    )
    .option('--follow', 'events as they come, after those since --from, until Ctrl-C')
    .action((options: EventsOptions, command: Command) => run(command, (context) => events(context, options)));
}

/** `tdc events` */
export async function events(context: ClientContext, options: EventsOptions): Promise<void> {
  const filter: EventFilter = {
    detectorIds: [...(options.detector ?? [])],
    kinds: (options.kind ?? []).map(kindToWireNumber),
    deviceId: options.device ?? '',
    deviceClasses: (options.deviceClass ?? []).map(deviceClassToWireNumber),
  };
  const writer = rowWriter(context, eventView(context.config));
  if (options.follow) await printFollowed(context, filter, options, writer);
  else await printListed(context, filter, options, writer);
  await writer.end();
}

async function printListed(
  context: ClientContext,
  filter: EventFilter,
  { from, to, order = 'newest', limit = limitByDefault }: EventsOptions,
  writer: RowWriter<DetectionEvent>,
): Promise<void> {
  const fromMs = from === undefined ? 0 : timeFlag(context, '--from', from);
  const toMs = to === undefined ? 0 : timeFlag(context, '--to', to);
  if (to !== undefined && fromMs > toMs) {
    throw new InvalidInputError(`--to ${to}: expected a time that is not before --from ${from}`, { field: '--to' });
  }
  const list = { filter, fromMs, toMs, order, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit };
  for await (const page of listEvents(context, list)) await writer.write(page);
}

async function printFollowed(
  context: ClientContext,
  filter: EventFilter,
  { from, to, order, limit = 0 }: EventsOptions,
  writer: RowWriter<DetectionEvent>,
): Promise<void> {
  if (to !== undefined || order !== undefined) {
    const flag = to === undefined ? '--order' : '--to';
    throw new InvalidInputError(`${flag} cannot go with --follow: events are followed oldest first, without an end`, {
      field: flag,
    });
  }
  const fromMs = from === undefined ? {} : { fromMs: timeFlag(context, '--from', from) };
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  try {
    for await (const page of followEvents(context, { filter, ...fromMs })) {
      await noticeSlowReader(context, () => writer.write(page.slice(0, left)));
      left -= page.length;
      if (left <= 0) return;
    }
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!context.signal.aborted) throw error;
  }
}

const slowReaderMs = 5000;

/** Says on standard error when the reader of the output kept the events waiting. */
async function noticeSlowReader({ clock, stderr }: ClientContext, write: () => Promise<void>): Promise<void> {
  const startMs = clock.monotonicMs();
  await write();
  const tookMs = clock.monotonicMs() - startMs;
  if (tookMs < slowReaderMs) return;
  stderr.write(`tdc: behind: whoever reads this output did not take more for ${roughDuration(tookMs)}\n`);
}

function parseDeviceFlag(text: string): string {
  const device = text.toLowerCase();
  if (isDeviceId(device)) return device;
  throw new InvalidArgumentError(`${quoted(text)}: expected 6 to 32 hexadecimal digits.`);
}
