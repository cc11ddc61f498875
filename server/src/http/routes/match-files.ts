import { z } from 'zod';
import { awamMatches } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import type { Format } from '../../formats/format.ts';
import { linkName } from '../../query/link-ends.ts';
import { type MatchRecord, matchFields } from '../../records/match-record.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { timeZoneParameter } from '../schemas/fields.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { awamKind, charsetOf, csvKind, fileRoute } from './file-answer.ts';
import { type AskedMatches, linkEndsIn, matchParams, matchTimes, recordsOfMatches } from './matches.ts';
import { readingAs } from './reading.ts';

/** The matches of a link as files, without saying which device it was. */
export function addMatchFiles(app: HttpApp, context: HttpContext, answers: StreamedAnswers): void {
  const config = readingAs('listMatches');
  const csv = fileRoute(csvKind);
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id/matches.csv',
    {
      ...csv,
      config,
      schema: {
        ...csv.schema,
        operationId: 'matchesAsCsv',
        summary: 'The matches of a link and what became of each, as CSV',
        description: 'Made anew from the events, for as long as those are kept.',
        params: matchParams,
        querystring: z.strictObject(matchTimes),
      },
    },
    (request, reply) => {
      const format = csvFormat<MatchRecord>(matchFields, (record) => record, '\r\n');
      answers.answer(request, reply, {
        ...{ type: charsetOf(csvKind), fileName: 'matches.csv' },
        pieces: (signal) => textOfMatches(context, request, format, signal),
      });
    },
  );
  const awam = fileRoute(awamKind);
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id/matches.awam.csv',
    {
      ...awam,
      config,
      schema: {
        ...awam.schema,
        operationId: 'matchesAsAwam',
        summary: 'The matches of a link in the columns of an Individual Traffic Match File',
        params: matchParams,
        querystring: z.strictObject({ ...matchTimes, time_zone: timeZoneParameter }),
      },
    },
    (request, reply) =>
      void answers.answer(request, reply, {
        ...{ type: charsetOf(awamKind), fileName: 'matches.awam.csv' },
        pieces: async function* (signal) {
          const links = await context.repository.network.links(signal);
          const ends = linkEndsIn(request.params);
          // Where there is none, matches say so.
          const link = links.find((each) => linkName(each) === linkName(ends)) ?? { ...ends, maxSeconds: 0 };
          yield* textOfMatches(context, request, awamMatches(link, request.query.time_zone), signal);
        },
      }),
  );
}

async function* textOfMatches(
  context: HttpContext,
  request: AskedMatches,
  format: Format<MatchRecord>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const matches = await recordsOfMatches(context, request, signal);
  yield format.rows(matches) + format.end();
}
