import { z } from 'zod';
import { periodsCompared } from '../../query/compare-periods.ts';
import { invalid } from '../../query/filter.ts';
import { statisticsOf } from '../../query/get-statistics.ts';
import { getUsual } from '../../query/get-usual.ts';
import type { DayRange } from '../../query/history-fields.ts';
import { reportPage } from '../../report/report.ts';
import { reportStyle } from '../../report/report-style.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import {
  beforeIn,
  beforeParameters,
  endsOf,
  expectApart,
  linkParams,
  periodIn,
  periodParameters,
  windowIn,
  windowParameters,
} from '../schemas/history-parameters.ts';
import { problemResponses, readingAs } from './reading.ts';

const styleAddress = '/api/report.css';
const page = { description: 'A page to be printed.', content: { 'text/html': { schema: z.string() } } };
const query = z.strictObject({
  ...periodParameters,
  ...windowParameters,
  before_from: beforeParameters.before_from.optional(),
  before_to: beforeParameters.before_to.optional(),
});

/** What history says of a link, for people. */
export function addReportRoutes(app: HttpApp, context: HttpContext): void {
  app.get(
    '/api/v1/links/:from_detector_id/:to_detector_id/report',
    {
      config: readingAs('comparePeriods'),
      schema: {
        operationId: 'report',
        summary: 'The history of a link as a page to be printed, with plots',
        description: 'With `before_from` and `before_to` the period is compared with that one.',
        tags: ['history'],
        params: linkParams,
        querystring: query,
        response: { 200: page, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { signal } = admittedOf(request);
      const [ends, window, range] = [endsOf(request.params), windowIn(request.query), periodIn(context, request.query)];
      const before = beforeOf(request.query, range);
      const statistics = await statisticsOf(context, { ends, window, range }, signal);
      const usual = await getUsual(context, { link: ends, weeks: 0, toDate: '' }, signal);
      const comparison =
        before === undefined
          ? undefined
          : await periodsCompared(context, { ends, window, before, after: range }, signal);
      const detectors = await context.repository.network.detectors(signal);
      const nameOf = (id: string) => detectors.find((each) => each.id === id)?.name ?? '';
      reply.type('text/html; charset=utf-8');
      return reportPage({
        ...{ ends, statistics, usual, comparison, madeAtMs: context.clock.nowMs(), style: { href: styleAddress } },
        names: [nameOf(ends.fromDetectorId), nameOf(ends.toDetectorId)],
      });
    },
  );
  app.get(styleAddress, { schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/css; charset=utf-8');
    return reportStyle;
  });
}

function beforeOf({ before_from, before_to }: z.infer<typeof query>, after: DayRange): DayRange | undefined {
  if (before_from === undefined && before_to === undefined) return undefined;
  if (before_from === undefined) throw invalid('before_from', 'missing: expected it with before_to');
  if (before_to === undefined) throw invalid('before_to', 'missing: expected it with before_from');
  const before = beforeIn({ before_from, before_to });
  expectApart(before, after);
  return before;
}
