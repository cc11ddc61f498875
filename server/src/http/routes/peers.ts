import { estimatorNames } from '@tdc/shared/network.ts';
import { z } from 'zod';
import type { Estimate } from '../../estimation/estimate.ts';
import { invalid } from '../../query/filter.ts';
import { matchesRangeMsMax } from '../../query/list-matches.ts';
import { type PeerCourse, peerCoursesOf } from '../../query/peer-courses.ts';
import { WaitingLine } from '../../query/waiting-line.ts';
import { isoTime } from '../../records/iso-time.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { peer } from '../schemas/estimate.ts';
import { rangeOf, severalOf, staleFields, staleness, timeParameter } from '../schemas/fields.ts';
import { linkEndsIn, matchParams } from './matches.ts';
import { problemResponses, readingAs } from './reading.ts';

/** Who goes on and who waits: each takes seconds. */
const waitingMax = 4;
const query = z.strictObject({
  from: timeParameter.describe('Minutes at this time or later.'),
  to: timeParameter.describe('Minutes before this time, at most 25 hours after `from`.'),
  estimators: severalOf(
    z.enum(estimatorNames),
    "What these would have said; all but the link's own, by default.",
    estimatorNames.length,
  ),
});

/** What other estimators would have said of a link: for who wonders about the one in use. */
export function addPeerRoutes(app: HttpApp, context: HttpContext): void {
  const line = new WaitingLine('what other estimators would have said', waitingMax);
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id/peers',
    {
      config: readingAs('listMatches'),
      schema: {
        operationId: 'listPeers',
        summary: 'What other estimators would have said of a link',
        description:
          'Minute by minute, from the same matches, as if they were in use. Made anew from the events, for as long as those are kept.',
        tags: ['travel times'],
        params: matchParams,
        querystring: query,
        response: { 200: z.object({ peers: z.array(peer), ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { from, to, estimators: named } = request.query;
      const range = rangeOf(from, to);
      if (range.toMs - range.fromMs > matchesRangeMsMax) throw invalid('to', 'expected at most 25 hours after from');
      const { signal } = admittedOf(request);
      const asked = { ends: linkEndsIn(request.params), named, range };
      const courses = await line.take(() => peerCoursesOf(context, asked, signal), signal);
      return { peers: courses.map(peerRecord), ...staleness(context.repository) };
    },
  );
}

const peerRecord = ({ estimator, minutes }: PeerCourse): z.output<typeof peer> => ({
  estimator,
  minutes: minutes.map(({ timeMs, estimate }) => minuteRecord(timeMs, estimate)),
});

const minuteRecord = (timeMs: number, { status, samples, travelTime }: Estimate) => ({
  ...{ time: isoTime(timeMs), status, samples },
  mean_seconds: rounded(travelTime?.meanS),
  lower_seconds: rounded(travelTime?.lowerS),
  upper_seconds: rounded(travelTime?.upperS),
});

const rounded = (seconds: number | undefined): number | null =>
  seconds === undefined ? null : Math.round(seconds * 1000) / 1000;
