import { NotFoundError, unreachable } from '@tdc/shared/errors.ts';
import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Link } from '@tdc/shared/network.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { type Command, Option } from 'commander';
import { awamMatches } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import { type Format, textOf } from '../../formats/format.ts';
import { linkName } from '../../query/link-ends.ts';
import { type MatchRecord, matchFields, matchRecord } from '../../records/match-record.ts';
import { ask, type ClientContext, type Run } from '../context.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { parseLinkFlag } from '../link-flag.ts';
import { queryLinks } from '../query-network.ts';
import { timeRangeFlags } from '../times.ts';
import { addExportOptions, counted, type ExportOptions, exportTo, timeZoneOption } from './export.ts';
import { timeZoneFlag } from './time-zone-flag.ts';

const formats = ['csv', 'ndjson', 'awam'] as const;
type MatchFormat = (typeof formats)[number];
/** The server makes matches of a day at a time at most. */
const sliceMs = 6 * 3600_000;

export interface ExportMatchesOptions extends ExportOptions<MatchFormat> {
  readonly link: LinkEnds;
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

export function addExportMatchesCommand(program: Command, run: Run): void {
  const command = program
    .command('matches')
    .description(
      'the matches of a link, made anew from the events; awam: the columns of an Individual Traffic Match File',
    );
  addExportOptions(command, formats)
    .addOption(new Option('--link <from:to>', 'the link').argParser(parseLinkFlag).makeOptionMandatory())
    .option('--from <time>', 'from this arrival on: -2h, or ISO 8601', '-1h')
    .option('--to <time>', 'before this arrival', 'now')
    .addOption(timeZoneOption())
    .action((options: ExportMatchesOptions, command: Command) =>
      run(command, (context) => exportMatches(context, options)),
    );
}

/** `tdc export matches` */
export async function exportMatches(context: ClientContext, options: ExportMatchesOptions): Promise<void> {
  const range = timeRangeFlags(context, options);
  const timeZone = timeZoneFlag(options.timeZone);
  await exportTo(context, { file: options.file, isBinary: false, what: 'matches' }, async function* (progress) {
    const link = (await queryLinks(context)).find((each) => linkName(each) === linkName(options.link));
    if (link === undefined) {
      const { fromDetectorId: from, toDetectorId: to } = options.link;
      throw new NotFoundError(`there is no link from ${from} to ${to}`, { field: '--link' });
    }
    yield* textOf(counted(matchesOf(context, link, range), progress), formatOf(options.format, link, timeZone));
  });
}

async function* matchesOf(
  context: ClientContext,
  { fromDetectorId, toDetectorId }: Link,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): AsyncGenerator<readonly MatchRecord[]> {
  const link = { fromDetectorId, toDetectorId };
  for (let sinceMs = fromMs; sinceMs < toMs; sinceMs += sliceMs) {
    const untilMs = Math.min(sinceMs + sliceMs, toMs);
    const request = { link, fromNs: nsFromMs(sinceMs), toNs: nsFromMs(untilMs) };
    const { matches } = await ask(context, 'query', context.query.listMatches, request);
    yield matches.map(matchRecord);
  }
}

function formatOf(name: MatchFormat, link: Link, timeZone: string): Format<MatchRecord> {
  switch (name) {
    case 'csv':
      return csvFormat<MatchRecord>(matchFields, (record) => record, '\r\n');
    case 'ndjson':
      return ndjsonFormat<MatchRecord>((record) => record);
    case 'awam':
      return awamMatches(link, timeZone);
    default:
      return unreachable(name);
  }
}
