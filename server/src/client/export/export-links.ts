import { NotFoundError, unreachable } from '@tdc/shared/errors.ts';
import { msFromNs, parseDetector } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { csvFormat } from '../../formats/csv.ts';
import { measuredLink } from '../../formats/datex2/measured.ts';
import type { PublicationOptions } from '../../formats/datex2/travel-times.ts';
import { linkCollection, linkProperties } from '../../formats/geojson.ts';
import { type LiveLink, liveLinks } from '../../formats/live-link.ts';
import type { Row } from '../../formats/row.ts';
import { estimateRecord } from '../../records/estimate-record.ts';
import { ask, type ClientContext, type Run, understood } from '../context.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { queryLinks } from '../query-network.ts';
import { newestEstimates } from '../travel-times.ts';
import { addExportOptions, type ExportOptions, exportTo } from './export.ts';
import { addPublisherFlags, type PublisherFlags, publisherOf } from './publisher-flags.ts';

const formats = ['geojson', 'datex2', 'csv', 'ndjson'] as const;
type LinkFormat = (typeof formats)[number];

export type ExportLinksOptions = ExportOptions<LinkFormat> & PublisherFlags;

export function addExportLinksCommand(program: Command, run: Run): void {
  const command = program.command('links').description('the links with their travel times now');
  addPublisherFlags(addExportOptions(command, formats)).action((options: ExportLinksOptions, command: Command) =>
    run(command, (context) => exportLinks(context, options)),
  );
}

/** `tdc export links` */
export async function exportLinks(context: ClientContext, options: ExportLinksOptions): Promise<void> {
  const publisher = publisherOf(options);
  await exportTo(context, { file: options.file, isBinary: false, what: 'links' }, async function* (progress) {
    const { links, nowMs } = await linksNow(context);
    progress.rows = links.length;
    yield* textOf(options.format, links, { publisher, nowMs });
  });
}

/** By the server's clock. */
async function linksNow(context: ClientContext) {
  const [answer, links, newest] = await Promise.all([
    ask(context, 'query', context.query.listDetectors, {}),
    queryLinks(context),
    newestEstimates(context, []),
  ]);
  const detectors = answer.detectors.map(({ detector }) => understood(parseDetector(detector)));
  const nowMs = msFromNs(answer.nowNs);
  return { links: liveLinks({ detectors, links }, newest.map(estimateRecord), nowMs), nowMs };
}

async function* textOf(
  format: LinkFormat,
  links: readonly LiveLink[],
  publication: PublicationOptions,
): AsyncGenerator<string> {
  switch (format) {
    case 'geojson':
      yield `${JSON.stringify(linkCollection(links))}\n`;
      return;
    case 'datex2': {
      if (links.length === 0) throw new NotFoundError('there is no link in the network: expected one to publish');
      // Loaded where it is written: other commands start without it.
      const { travelTimePublication } = await import('../../formats/datex2/travel-times.ts');
      yield* travelTimePublication(links.map(measuredLink), publication);
      return;
    }
    case 'csv': {
      const csv = csvFormat<Row>(linkProperties, (row) => row, '\r\n');
      yield csv.rows(rowsOf(links)) + csv.end();
      return;
    }
    case 'ndjson':
      yield ndjsonFormat<Row>((row) => row).rows(rowsOf(links));
      return;
    default:
      unreachable(format);
  }
}

const rowsOf = (links: readonly LiveLink[]): readonly Row[] =>
  linkCollection(links).features.map(({ properties }) => properties);
