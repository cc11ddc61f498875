import { z } from 'zod';
import { periodsCompared } from '../../query/compare-periods.ts';
import { statisticsOf } from '../../query/get-statistics.ts';
import { getUsual } from '../../query/get-usual.ts';
import { weeksByDefault, weeksMax } from '../../query/history-fields.ts';
import { comparisonRecord, statisticsRecord, usualRecord } from '../../records/history-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { staleFields, staleness, wholeNumberParameter } from '../schemas/fields.ts';
import { comparison, linkStatistics, usualWeek } from '../schemas/history.ts';
import {
  beforeIn,
  beforeParameters,
  date,
  endsOf,
  expectApart,
  linkParams,
  periodIn,
  periodParameters,
  windowIn,
  windowParameters,
} from '../schemas/history-parameters.ts';
import { problemResponses, readingAs } from './reading.ts';

const link = '/api/v1/links/:from_detector_id/:to_detector_id';

/** What the published travel times of weeks and months say of a link. */
export function addHistoryRoutes(app: HttpApp, context: HttpContext): void {
  addUsual(app, context);
  addStatistics(app, context);
  addComparison(app, context);
}

function addUsual(app: HttpApp, context: HttpContext): void {
  app.get(
    `${link}/usual`,
    {
      config: readingAs('getUsual'),
      schema: {
        operationId: 'getUsual',
        summary: 'What is usual for a link, by weekday and time of day',
        tags: ['history'],
        params: linkParams,
        querystring: z.strictObject({
          weeks: wholeNumberParameter(1, weeksMax, weeksByDefault, 'Learned from so many weeks.'),
          to_date: date
            .optional()
            .describe('The weeks before this day; today in the time zone of the network, by default.'),
        }),
        response: { 200: z.object({ usual: usualWeek, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { weeks, to_date: toDate = '' } = request.query;
      const asked = { link: endsOf(request.params), weeks, toDate };
      const answer = await getUsual(context, asked, admittedOf(request).signal);
      return { usual: usualRecord(answer), ...staleness(context.repository) };
    },
  );
}

function addStatistics(app: HttpApp, context: HttpContext): void {
  app.get(
    `${link}/statistics`,
    {
      config: readingAs('getStatistics'),
      schema: {
        operationId: 'getStatistics',
        summary: 'How reliable a link was in a period',
        description:
          'Percentiles and indices of its travel times, by quarter of an hour and by day, with what was not observed.',
        tags: ['history'],
        params: linkParams,
        querystring: z.strictObject({ ...periodParameters, ...windowParameters }),
        response: { 200: z.object({ statistics: linkStatistics, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const [ends, range, window] = [endsOf(request.params), periodIn(context, request.query), windowIn(request.query)];
      const answer = await statisticsOf(context, { ends, range, window }, admittedOf(request).signal);
      return { statistics: statisticsRecord(answer), ...staleness(context.repository) };
    },
  );
}

function addComparison(app: HttpApp, context: HttpContext): void {
  app.get(
    `${link}/comparison`,
    {
      config: readingAs('comparePeriods'),
      schema: {
        operationId: 'comparePeriods',
        summary: 'By how much a link is slower or faster than before',
        description: 'The period from `from_date` on against the one from `before_from` on, by day, with an interval.',
        tags: ['history'],
        params: linkParams,
        querystring: z.strictObject({ ...beforeParameters, ...periodParameters, ...windowParameters }),
        response: { 200: z.object({ comparison, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const [before, after] = [beforeIn(request.query), periodIn(context, request.query)];
      expectApart(before, after);
      const asked = { ends: endsOf(request.params), window: windowIn(request.query), before, after };
      const answer = await periodsCompared(context, asked, admittedOf(request).signal);
      return { comparison: comparisonRecord(answer), ...staleness(context.repository) };
    },
  );
}
