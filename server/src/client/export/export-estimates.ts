import { unreachable } from '@tdc/shared/errors.ts';
import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Command } from 'commander';
import { awamSummaries } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import { textOf } from '../../formats/format.ts';
import { type EstimateRecord, estimateFields, estimateRecord } from '../../records/estimate-record.ts';
import type { ClientContext, Run } from '../context.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { linksOption } from '../link-flag.ts';
import { queryNetwork } from '../query-network.ts';
import { timeRangeFlags } from '../times.ts';
import { listEstimates } from '../travel-times.ts';
import type { Pieces } from './destination.ts';
import { addExportOptions, counted, type ExportOptions, exportTo, timeZoneOption } from './export.ts';
import { timeZoneFlag } from './time-zone-flag.ts';

const formats = ['csv', 'ndjson', 'parquet', 'awam'] as const;
type EstimateFormat = (typeof formats)[number];

export interface ExportEstimatesOptions extends ExportOptions<EstimateFormat> {
  readonly link?: readonly LinkEnds[];
  readonly from?: string;
  readonly to?: string;
  readonly revisions?: boolean;
  readonly timeZone: string;
}

export function addExportEstimatesCommand(program: Command, run: Run): void {
  const command = program
    .command('estimates')
    .description('travel times of a time range, link after link; awam: the columns of Traffic Match Summary Records');
  addExportOptions(command, formats)
    .addOption(linksOption())
    .option('--from <time>', 'from this minute on: -2h, or ISO 8601; without it from the first that is kept')
    .option('--to <time>', 'before this minute')
    .option('--revisions', 'also what was published of a minute before late events came')
    .addOption(timeZoneOption())
    .action((options: ExportEstimatesOptions, command: Command) =>
      run(command, (context) => exportEstimates(context, options)),
    );
}

/** `tdc export estimates` */
export async function exportEstimates(context: ClientContext, options: ExportEstimatesOptions): Promise<void> {
  const { format, file, link = [], from, to, revisions = false } = options;
  const timeZone = timeZoneFlag(options.timeZone);
  timeRangeFlags(context, options);
  const range = {
    ...{ order: 'oldest' as const, limit: 0, revisions },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  await exportTo(context, { file, isBinary: format === 'parquet', what: 'travel times' }, (progress) =>
    piecesOf(context, format, timeZone, counted(recordsOf(context, [...link], range), progress)),
  );
}

async function* recordsOf(...asked: Parameters<typeof listEstimates>): AsyncGenerator<readonly EstimateRecord[]> {
  for await (const page of listEstimates(...asked)) yield page.map(estimateRecord);
}

function piecesOf(
  context: ClientContext,
  format: EstimateFormat,
  timeZone: string,
  pages: AsyncIterable<readonly EstimateRecord[]>,
): Pieces {
  switch (format) {
    case 'csv':
      return textOf(
        pages,
        csvFormat<EstimateRecord>(estimateFields, (record) => record, '\r\n'),
      );
    case 'ndjson':
      return textOf(
        pages,
        ndjsonFormat<EstimateRecord>((record) => record),
      );
    case 'parquet':
      return parquetPieces(pages);
    case 'awam':
      return summariesOf(context, timeZone, pages);
    default:
      return unreachable(format);
  }
}

/** Loaded where it is written: other commands start without it. */
async function* parquetPieces(pages: AsyncIterable<readonly EstimateRecord[]>): AsyncGenerator<Uint8Array> {
  const { parquetOf } = await import('../../formats/parquet.ts');
  yield* parquetOf(pages);
}

async function* summariesOf(
  context: ClientContext,
  timeZone: string,
  pages: AsyncIterable<readonly EstimateRecord[]>,
): AsyncGenerator<string> {
  yield* textOf(pages, awamSummaries(await queryNetwork(context), timeZone));
}
