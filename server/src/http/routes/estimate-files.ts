import { NotFoundError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { awamSummaries } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import { measuredLink } from '../../formats/datex2/measured.ts';
import { textOf } from '../../formats/format.ts';
import { allPages } from '../../query/all-pages.ts';
import { type EstimatesQuery, estimatesPage, newestOf } from '../../query/estimates-page.ts';
import { type EstimateRecord, estimateFields } from '../../records/estimate-record.ts';
import type { Repository } from '../../repository.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { publishedLiveLinks, publishedRecord } from '../published-record.ts';
import { estimateParameters, linksOf } from '../schemas/estimate.ts';
import { rangeParameters, timeZoneParameter, wholeQueryOf } from '../schemas/fields.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { awamKind, charsetOf, csvKind, datex2Kind, fileRoute, parquetKind } from './file-answer.ts';
import { readingAs } from './reading.ts';

const config = readingAs('listEstimates');
const parameters = { ...estimateParameters, ...rangeParameters };
const estimateCsv = () => csvFormat<EstimateRecord>(estimateFields, (record) => record, '\r\n');

/** Travel times as files. */
export function addEstimateFiles(app: HttpApp, context: HttpContext, answers: StreamedAnswers): void {
  addNewest(app, context, answers);
  addHistory(app, context, answers);
  addHistoryAsAwam(app, context, answers);
}

function addNewest(app: HttpApp, context: HttpContext, answers: StreamedAnswers): void {
  const csv = fileRoute(csvKind);
  app.get(
    '/api/v1/estimates.csv',
    {
      config,
      schema: {
        ...csv.schema,
        operationId: 'newestEstimatesAsCsv',
        summary: 'The travel times now as CSV: the last minute of each link',
        querystring: z.strictObject({ links: estimateParameters.links }),
      },
    },
    async (request, reply) => {
      const links = linksOf(request.query.links);
      const newest = await newestOf(context.repository, links, admittedOf(request).signal);
      const format = estimateCsv();
      return reply.type(charsetOf(csvKind)).send(format.rows(newest.map(publishedRecord)) + format.end());
    },
  );
  const datex2 = fileRoute(datex2Kind);
  app.get(
    '/api/v1/links.datex2.xml',
    {
      ...datex2,
      config,
      schema: {
        ...datex2.schema,
        operationId: 'linksAsDatex2',
        summary: 'The travel times now as DATEX II',
        description: 'Of a network without any link there is no publication: the answer is 404.',
        querystring: z.strictObject({}),
      },
    },
    (request, reply) =>
      void answers.answer(request, reply, {
        ...{ type: charsetOf(datex2Kind), fileName: 'travel-times.datex2.xml' },
        pieces: (signal) => publicationOf(context, signal),
      }),
  );
}

async function* publicationOf(context: HttpContext, signal: AbortSignal): AsyncGenerator<string> {
  const links = await publishedLiveLinks(context, signal);
  if (links.length === 0) throw new NotFoundError('there is no link in the network: expected one to publish');
  const { travelTimePublication } = await import('../../formats/datex2/travel-times.ts');
  yield* travelTimePublication(links.map(measuredLink), { publisher: context.publisher, nowMs: context.clock.nowMs() });
}

/** What writes Parquet is loaded where it is asked for, as is what writes XML. */
async function* asParquet(pages: AsyncIterable<readonly EstimateRecord[]>): AsyncGenerator<Uint8Array> {
  const { parquetOf } = await import('../../formats/parquet.ts');
  yield* parquetOf(pages);
}

const histories = [
  {
    ...{ ending: 'csv', kind: csvKind, operationId: 'estimatesAsCsv' },
    piecesOf: (pages: AsyncIterable<readonly EstimateRecord[]>) => textOf(pages, estimateCsv()),
  },
  { ...{ ending: 'parquet', kind: parquetKind, operationId: 'estimatesAsParquet' }, piecesOf: asParquet },
];

function addHistory(app: HttpApp, { repository }: HttpContext, answers: StreamedAnswers): void {
  for (const { ending, kind, operationId, piecesOf } of histories) {
    const file = fileRoute(kind);
    app.get(
      `/api/v1/estimates/history.${ending}`,
      {
        ...file,
        config,
        schema: {
          ...file.schema,
          operationId,
          summary: `All travel times of a time range, link after link, as ${ending === 'csv' ? 'CSV' : 'Parquet'}`,
          querystring: z.strictObject(parameters),
        },
      },
      (request, reply) => {
        const { links, revisions = 'last' } = request.query;
        const query = { links: linksOf(links), revisions, ...wholeQueryOf(request.query) };
        answers.answer(request, reply, {
          ...{ type: charsetOf(kind), fileName: `estimates.${ending}` },
          pieces: (signal) => piecesOf(estimatesOf(repository, query, signal)),
        });
      },
    );
  }
}

function addHistoryAsAwam(app: HttpApp, { repository }: HttpContext, answers: StreamedAnswers): void {
  const awam = fileRoute(awamKind);
  const { links, from, to } = parameters;
  app.get(
    '/api/v1/estimates/history.awam.csv',
    {
      ...awam,
      config,
      schema: {
        ...awam.schema,
        operationId: 'estimatesAsAwam',
        summary: 'Travel times of a time range in the columns of Traffic Match Summary Records',
        description: 'Every five minutes, of the five minutes before; -1 where no driver arrived in them.',
        querystring: z.strictObject({ links, from, to, time_zone: timeZoneParameter }),
      },
    },
    (request, reply) => {
      const { links: texts, time_zone } = request.query;
      const query = { links: linksOf(texts), revisions: 'last' as const, ...wholeQueryOf(request.query) };
      answers.answer(request, reply, {
        ...{ type: charsetOf(awamKind), fileName: 'estimates.awam.csv' },
        pieces: async function* (signal) {
          const [detectors, links] = await Promise.all([
            repository.network.detectors(signal),
            repository.network.links(signal),
          ]);
          yield* textOf(estimatesOf(repository, query, signal), awamSummaries({ detectors, links }, time_zone));
        },
      });
    },
  );
}

async function* estimatesOf(
  repository: Pick<Repository, 'estimates' | 'network'>,
  query: Omit<EstimatesQuery, 'pageToken'>,
  signal: AbortSignal,
): AsyncGenerator<readonly EstimateRecord[]> {
  const read = (pageToken: string) => estimatesPage(repository, { ...query, pageToken }, signal);
  for await (const { estimates } of allPages(read)) yield estimates.map(publishedRecord);
}
