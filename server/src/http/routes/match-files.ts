import { z } from 'zod';
import { awamMatches } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import type { Format } from '../../formats/format.ts';
import { invalid } from '../../query/filter.ts';
import { type LinkEnds, linkName } from '../../query/link-ends.ts';
import { matchesOf, matchesRangeMsMax } from '../../query/list-matches.ts';
import { type MatchRecord, matchFields, matchRecord } from '../../records/match-record.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { detectorId, rangeOf, timeParameter, timeZoneParameter } from '../schemas/fields.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { awamKind, charsetOf, csvKind, fileRoute } from './file-answer.ts';
import { readingAs } from './reading.ts';

const params = z.object({ from_detector_id: detectorId, to_detector_id: detectorId });
const range = {
  from: timeParameter.describe('Journeys that ended at this time or later.'),
  to: timeParameter.describe('Journeys that ended before this time, at most 25 hours after `from`.'),
};
interface Asked {
  readonly params: z.output<typeof params>;
  readonly query: { readonly from: string; readonly to: string };
}

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
        params,
        querystring: z.strictObject(range),
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
        params,
        querystring: z.strictObject({ ...range, time_zone: timeZoneParameter }),
      },
    },
    (request, reply) =>
      void answers.answer(request, reply, {
        ...{ type: charsetOf(awamKind), fileName: 'matches.awam.csv' },
        pieces: async function* (signal) {
          const links = await context.repository.network.links(signal);
          const ends = endsOf(request);
          // Where there is none, matches say so.
          const link = links.find((each) => linkName(each) === linkName(ends)) ?? { ...ends, maxSeconds: 0 };
          yield* textOfMatches(context, request, awamMatches(link, request.query.time_zone), signal);
        },
      }),
  );
}

async function* textOfMatches(
  context: HttpContext,
  request: Asked,
  format: Format<MatchRecord>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { from, to } = request.query;
  const asked = rangeOf(from, to);
  if (asked.toMs - asked.fromMs > matchesRangeMsMax) throw invalid('to', 'expected at most 25 hours after from');
  const matches = await matchesOf(context, endsOf(request), asked, signal);
  yield format.rows(matches.map(matchRecord)) + format.end();
}

const endsOf = ({ params }: Pick<Asked, 'params'>): LinkEnds => ({
  fromDetectorId: params.from_detector_id,
  toDetectorId: params.to_detector_id,
});
