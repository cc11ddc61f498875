import { z } from 'zod';
import { invalid } from '../../query/filter.ts';
import type { LinkEnds } from '../../query/link-ends.ts';
import { matchesOf, matchesRangeMsMax } from '../../query/list-matches.ts';
import { type MatchRecord, matchRecord } from '../../records/match-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { match } from '../schemas/estimate.ts';
import { detectorId, rangeOf, staleFields, staleness, timeParameter } from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

export const matchParams = z.object({ from_detector_id: detectorId, to_detector_id: detectorId });
export const matchTimes = {
  from: timeParameter.describe('Journeys that ended at this time or later.'),
  to: timeParameter.describe('Journeys that ended before this time, at most 25 hours after `from`.'),
};
export interface AskedMatches {
  readonly params: z.output<typeof matchParams>;
  readonly query: { readonly from: string; readonly to: string };
}

/** The single journeys on a link, without saying which device it was. */
export function addMatchRoutes(app: HttpApp, context: HttpContext): void {
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id/matches',
    {
      config: readingAs('listMatches'),
      schema: {
        operationId: 'listMatches',
        summary: 'The single journeys on a link, and how each counted',
        description: 'Made anew from the events, for as long as those are kept.',
        tags: ['travel times'],
        params: matchParams,
        querystring: z.strictObject(matchTimes),
        response: { 200: z.object({ matches: z.array(match), ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const matches = await recordsOfMatches(context, request, admittedOf(request).signal);
      return { matches, ...staleness(context.repository) };
    },
  );
}

/** Throws InvalidInputError for a time range that is too long, or none. */
export async function recordsOfMatches(
  context: HttpContext,
  { params, query: { from, to } }: AskedMatches,
  signal: AbortSignal,
): Promise<MatchRecord[]> {
  const asked = rangeOf(from, to);
  if (asked.toMs - asked.fromMs > matchesRangeMsMax) throw invalid('to', 'expected at most 25 hours after from');
  return (await matchesOf(context, linkEndsIn(params), asked, signal)).map(matchRecord);
}

export const linkEndsIn = (params: AskedMatches['params']): LinkEnds => ({
  fromDetectorId: params.from_detector_id,
  toDetectorId: params.to_detector_id,
});
