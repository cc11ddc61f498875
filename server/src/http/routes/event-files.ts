import type { DetectionEvent } from '@tdc/shared/event.ts';
import { z } from 'zod';
import { awamReads } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import { textOf } from '../../formats/format.ts';
import { allPages } from '../../query/all-pages.ts';
import { type EventsQuery, eventsPage } from '../../query/events-page.ts';
import { eventFields, eventRecord } from '../../records/event-record.ts';
import type { Repository } from '../../repository.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { eventFilterOf, eventParameters } from '../schemas/event.ts';
import { rangeParameters, timeZoneParameter, wholeQueryOf } from '../schemas/fields.ts';
import type { StreamedAnswers } from '../streamed-answers.ts';
import { awamKind, charsetOf, csvKind, fileRoute } from './file-answer.ts';
import { readingAs } from './reading.ts';

const parameters = { ...eventParameters, ...rangeParameters };

/** Events as files. */
export function addEventFiles(app: HttpApp, { repository }: HttpContext, answers: StreamedAnswers): void {
  const csv = fileRoute(csvKind);
  app.get(
    '/api/v1/events.csv',
    {
      ...csv,
      config: readingAs('listEvents'),
      schema: {
        ...csv.schema,
        operationId: 'eventsAsCsv',
        summary: 'All passages of a time range as CSV',
        querystring: z.strictObject(parameters),
      },
    },
    (request, reply) => {
      const query = { filter: eventFilterOf(request.query), ...wholeQueryOf(request.query) };
      answers.answer(request, reply, {
        ...{ type: charsetOf(csvKind), fileName: 'events.csv' },
        pieces: (signal) => textOf(eventsOf(repository, query, signal), csvFormat(eventFields, eventRecord, '\r\n')),
      });
    },
  );
  const awam = fileRoute(awamKind);
  app.get(
    '/api/v1/events.awam.csv',
    {
      ...awam,
      config: readingAs('listEvents'),
      schema: {
        ...awam.schema,
        operationId: 'eventsAsAwam',
        summary: 'All passages of a time range in the columns of an Individual Address File',
        description: 'Those of clocks that were not set are left out: the layout cannot say it.',
        querystring: z.strictObject({ ...parameters, time_zone: timeZoneParameter }),
      },
    },
    (request, reply) => {
      const query = { filter: eventFilterOf(request.query), ...wholeQueryOf(request.query) };
      answers.answer(request, reply, {
        ...{ type: charsetOf(awamKind), fileName: 'events.awam.csv' },
        pieces: (signal) => textOf(eventsOf(repository, query, signal), awamReads(request.query.time_zone)),
      });
    },
  );
}

async function* eventsOf(
  repository: Pick<Repository, 'events' | 'network'>,
  query: Omit<EventsQuery, 'pageToken'>,
  signal: AbortSignal,
): AsyncGenerator<readonly DetectionEvent[]> {
  for await (const { events } of allPages((pageToken) => eventsPage(repository, { ...query, pageToken }, signal))) {
    yield events;
  }
}
