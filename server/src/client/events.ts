import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { EventFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { type Command, Option } from 'commander';
import type { ClientContext, Run } from './context.ts';
import { addEventFilterOptions, type EventFilterOptions, eventFilterOf } from './event-filter-flags.ts';
import { eventView } from './event-view.ts';
import { numberFlag } from './flags.ts';
import { followEvents } from './follow-events.ts';
import { type RowWriter, rowWriter } from './formats/row-writer.ts';
import { listEvents } from './list-events.ts';
import { timeFlag, timeRangeFlags } from './times.ts';

export interface EventsOptions extends EventFilterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'newest' | 'oldest';
  /** 0 for all. */
  readonly limit?: number;
  readonly follow?: boolean;
}

const limitByDefault = 100;

export function addEventsCommand(program: Command, run: Run): void {
  const command = program.command('events').description('events, the newest first, or as they come');
  addEventFilterOptions(command)
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
  const filter = eventFilterOf(options);
  const writer = rowWriter(context, eventView(context.config));
  if (options.follow) await printFollowed(context, filter, options, writer);
  else await printListed(context, filter, options, writer);
  await writer.end();
}

async function printListed(
  context: ClientContext,
  filter: EventFilter,
  options: EventsOptions,
  writer: RowWriter<DetectionEvent>,
): Promise<void> {
  const { order = 'newest', limit = limitByDefault } = options;
  const range = timeRangeFlags(context, options);
  const list = { filter, ...range, order, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit };
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
