import { NotFoundError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { awamMatches } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import type { Format } from '../../formats/format.ts';
import { invalid } from '../../query/filter.ts';
import { linkName } from '../../query/link-ends.ts';
import { isTooLong, matchesOf } from '../../query/list-matches.ts';
import { type MatchRecord, matchFields, matchRecord } from '../../records/match-record.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { linkEndsOf, linkParameter, rangeOf, timeParameter, timeZoneParameter } from '../schemas/fields.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { awamKind, charsetOf, csvKind, fileRoute } from './file-answer.ts';
import { readingAs } from './reading.ts';

const parameters = {
  link: linkParameter,
  from: timeParameter.describe('Not before this arrival; at most a day before `to`.'),
  to: timeParameter.optional().describe('Before this arrival; now, by default.'),
};
interface MatchParameters {
  readonly link: string;
  readonly from: string;
  readonly to?: string | undefined;
}

/** The matches of a link as files, without saying which device it was. */
export function addMatchFiles(app: HttpApp, context: HttpContext, answers: StreamedAnswers): void {
  const config = readingAs('listMatches');
  const csv = fileRoute(csvKind);
  app.get(
    '/api/v1/matches.csv',
    {
      ...csv,
      config,
      schema: {
        ...csv.schema,
        operationId: 'matchesAsCsv',
        summary: 'The matches of a link and what became of each, as CSV',
        description: 'Made anew from the events, for as long as those are kept.',
        querystring: z.strictObject(parameters),
      },
    },
    (request, reply) => {
      const format = csvFormat<MatchRecord>(matchFields, (record) => record, '\r\n');
      answers.answer(request, reply, {
        ...{ type: charsetOf(csvKind), fileName: 'matches.csv' },
        pieces: (signal) => textOfMatches(context, request.query, format, signal),
      });
    },
  );
  const awam = fileRoute(awamKind);
  app.get(
    '/api/v1/matches.awam.csv',
    {
      ...awam,
      config,
      schema: {
        ...awam.schema,
        operationId: 'matchesAsAwam',
        summary: 'The matches of a link in the columns of an Individual Traffic Match File',
        querystring: z.strictObject({ ...parameters, time_zone: timeZoneParameter }),
      },
    },
    (request, reply) =>
      void answers.answer(request, reply, {
        ...{ type: charsetOf(awamKind), fileName: 'matches.awam.csv' },
        pieces: async function* (signal) {
          const { link: text, time_zone } = request.query;
          const links = await context.repository.network.links(signal);
          const link = links.find((each) => linkName(each) === linkName(linkEndsOf(text)));
          if (link === undefined) throw new NotFoundError(`there is no link ${text}`, { field: 'link' });
          yield* textOfMatches(context, request.query, awamMatches(link, time_zone), signal);
        },
      }),
  );
}

async function* textOfMatches(
  context: HttpContext,
  { link, from, to }: MatchParameters,
  format: Format<MatchRecord>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const range = rangeOf(from, to ?? new Date(context.clock.nowMs()).toISOString());
  if (isTooLong(range)) throw invalid('to', `expected at most a day after from, ${from}`);
  const matches = await matchesOf(context, linkEndsOf(link), range, signal);
  yield format.rows(matches.map(matchRecord)) + format.end();
}
