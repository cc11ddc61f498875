import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Estimate } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { type LinkEnds, Order } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import { type Command, Option } from 'commander';
import { ask, type ClientContext, type Run } from './context.ts';
import { estimateView, linkText } from './estimate-view.ts';
import { numberFlag } from './flags.ts';
import { type RowWriter, rowWriter } from './formats/row-writer.ts';
import { keepWatching } from './keep-watching.ts';
import { linksOption } from './link-flag.ts';
import { sparkline } from './sparkline.ts';
import { timeFlag } from './times.ts';

export interface TravelTimesOptions {
  readonly link?: readonly LinkEnds[];
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'newest' | 'oldest';
  /** Minutes, of all links together; 0 for all. */
  readonly limit?: number;
  readonly revisions?: boolean;
  readonly follow?: boolean;
}

const limitByDefault = 1000;
const pageSizeMax = 1000;
const sparklineMs = 3 * 3600_000;
const sparklineWidth = 30;
/** More links than this are shown without their last hours. */
const sparklineLinksMax = 40;

export function addTravelTimesCommand(program: Command, run: Run): void {
  program
    .command('travel-times')
    .description('travel times: now, of a time range, or as they come')
    .addOption(linksOption())
    .option(
      '--from <time>',
      'from this minute on: now, -2h, or ISO 8601; without --from and --to the newest of each link',
    )
    .option('--to <time>', 'before this minute')
    .addOption(new Option('--order <order>', 'which come first (default: oldest)').choices(['newest', 'oldest']))
    .addOption(
      new Option('--limit <number>', `how many minutes at most, 0 for all (default: ${limitByDefault})`).argParser(
        numberFlag({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }),
      ),
    )
    .option('--revisions', 'also what was published of a minute before late events came')
    .option('--follow', 'travel times as they come, until Ctrl-C')
    .action((options: TravelTimesOptions, command: Command) =>
      run(command, (context) => travelTimes(context, options)),
    );
}

/** `tdc travel-times` */
export async function travelTimes(context: ClientContext, options: TravelTimesOptions): Promise<void> {
  const links = [...(options.link ?? [])];
  if (options.follow) return follow(context, links, options);
  if (options.from === undefined && options.to === undefined) return now(context, links);
  const writer = rowWriter(
    context,
    estimateView(context.config, () => undefined),
  );
  for await (const page of listEstimates(context, links, options)) await writer.write(page);
  await writer.end();
}

async function now(context: ClientContext, links: LinkEnds[]): Promise<void> {
  const estimates = await newestEstimates(context, links);
  const lines = context.config.output === 'table' ? await sparklines(context, estimates) : new Map<string, string>();
  const writer = rowWriter(
    context,
    estimateView(context.config, (estimate) => lines.get(linkText(estimate))),
  );
  await writer.write(estimates);
  await writer.end();
}

/** The newest of each link; of all links when none is named. */
export async function newestEstimates(context: ClientContext, links: LinkEnds[]): Promise<readonly Estimate[]> {
  const { estimates } = await ask(context, 'query', context.query.listEstimates, {
    ...{ links, fromNs: 0n, toNs: 0n, order: Order.ORDER_UNSPECIFIED, pageSize: 0, pageToken: '' },
    allRevisions: false,
  });
  return estimates;
}

async function follow(context: ClientContext, links: LinkEnds[], options: TravelTimesOptions): Promise<void> {
  for (const flag of ['from', 'to', 'order', 'limit', 'revisions'] as const) {
    if (options[flag] !== undefined)
      throw new InvalidInputError(`--${flag} cannot go with --follow`, { field: `--${flag}` });
  }
  const writer: RowWriter<Estimate> = rowWriter(
    context,
    estimateView(context.config, () => undefined),
  );
  const watch = { open: () => context.query.watchEstimates({ links }), beginAnew: () => {} };
  try {
    for await (const { estimates } of keepWatching(context, watch)) await writer.write(estimates);
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!context.signal.aborted) throw error;
  }
  await writer.end();
}

/** Travel times of a time range, a page at a time; see TravelTimesOptions. */
export async function* listEstimates(
  context: ClientContext,
  links: LinkEnds[],
  options: Pick<TravelTimesOptions, 'from' | 'to' | 'order' | 'limit' | 'revisions'>,
): AsyncGenerator<readonly Estimate[]> {
  const { from, to, order = 'oldest', limit = limitByDefault, revisions = false } = options;
  // The beginning of time, not the newest of each link.
  const fromNs = from === undefined ? 1n : nsFromMs(timeFlag(context, '--from', from));
  const toNs = to === undefined ? 0n : nsFromMs(timeFlag(context, '--to', to));
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  let pageToken = '';
  do {
    const page = await ask(context, 'query', context.query.listEstimates, {
      ...{ links, fromNs, toNs, pageToken, pageSize: Math.min(left, pageSizeMax), allRevisions: revisions },
      order: order === 'newest' ? Order.ORDER_NEWEST_FIRST : Order.ORDER_OLDEST_FIRST,
    });
    yield page.estimates;
    left -= new Set(page.estimates.map((each) => `${linkText(each)} ${each.timeNs}`)).size;
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && left > 0);
}

/** The last hours of each link as a line. */
async function sparklines(context: ClientContext, newest: readonly Estimate[]): Promise<ReadonlyMap<string, string>> {
  if (newest.length > sparklineLinksMax) return new Map();
  const links = newest.map(({ fromDetectorId, toDetectorId }) => ({ fromDetectorId, toDetectorId }));
  if (links.length === 0) return new Map();
  const found: Estimate[] = [];
  const lastMs = Math.max(...newest.map(({ timeNs }) => msFromNs(timeNs)));
  const range = { from: new Date(lastMs - sparklineMs).toISOString(), limit: 0 };
  for await (const page of listEstimates(context, links, range)) found.push(...page);
  return new Map(
    [...Map.groupBy(found, linkText)].map(([name, estimates]) => [
      name,
      sparkline(
        estimates.map(({ travelTime }) => travelTime?.meanSeconds),
        sparklineWidth,
      ),
    ]),
  );
}
