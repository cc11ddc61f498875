import { status } from '@grpc/grpc-js';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { z } from 'zod';
import type { Alert } from '../../alerts/alert.ts';
import { alertStates } from '../../alerts/alert.ts';
import { acknowledgeAlert, noteLengthMax, requestIdExpected, requestIdPattern } from '../../query/acknowledge-alert.ts';
import { alertToWire } from '../../query/alert-wire.ts';
import { alertsPage } from '../../query/alerts-page.ts';
import { alertRecord } from '../../records/alert-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { alert } from '../schemas/alert.ts';
import { pageFields, pageParameters, staleFields, staleness } from '../schemas/fields.ts';
import { problemResponses, readingAs } from './reading.ts';

const subjectLengthMax = 129;
const query = z.strictObject({
  state: z.enum(alertStates).optional().describe('In this state; all, by default.'),
  subject: z
    .string()
    .min(1)
    .max(subjectLengthMax)
    .optional()
    .describe('Of this detector, such as `D1`, or link, such as `D1:D2`.'),
  page_size: pageParameters.page_size,
  page_token: pageParameters.page_token,
});
const acknowledgement = z.strictObject({
  note: z
    .string()
    .max(noteLengthMax, `expected at most ${noteLengthMax} characters`)
    .optional()
    .describe('What to say of it.'),
  request_id: z
    .string()
    .regex(requestIdPattern, `expected ${requestIdExpected}`)
    .describe('Names this request: the same again changes nothing.'),
});

export const publishedAlert = (each: Alert) => alert.parse(alertRecord(alertToWire(each)));

export function addAlertRoutes(app: HttpApp, context: HttpContext): void {
  const { repository } = context;
  app.get(
    '/api/v1/alerts',
    {
      config: readingAs('listAlerts'),
      schema: {
        operationId: 'listAlerts',
        summary: 'What somebody should see to',
        description:
          'Those that are not closed come on the first page, besides `page_size` of those that are, which follow from the newest on.',
        tags: ['alerts'],
        querystring: query,
        response: { 200: z.object({ alerts: z.array(alert), ...pageFields, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const { state, subject = '', page_size: pageSize, page_token: pageToken = '' } = request.query;
      const page = await alertsPage(repository, { state, subject, pageSize, pageToken }, admittedOf(request).signal);
      return {
        alerts: page.alerts.map(publishedAlert),
        next_page_token: page.nextPageToken === '' ? null : page.nextPageToken,
        ...staleness(repository),
      };
    },
  );
  addAcknowledgement(app, context);
}

function addAcknowledgement(app: HttpApp, context: HttpContext): void {
  app.post(
    '/api/v1/alerts/:alert_id/acknowledgement',
    {
      config: readingAs('acknowledgeAlert'),
      schema: {
        operationId: 'acknowledgeAlert',
        summary: 'Says that somebody sees to an alert',
        description:
          'Who that is comes from the token. Another acknowledgement, or a closed alert, is answered with 409.',
        tags: ['alerts'],
        params: z.object({ alert_id: z.string().max(64).describe('Id of an alert.') }),
        querystring: z.strictObject({}),
        body: acknowledgement,
        response: { 200: z.object({ alert }), ...problemResponses },
      },
    },
    async (request) => {
      const { caller, signal } = admittedOf(request);
      const { note = '', request_id: requestId } = request.body;
      const id = request.params.alert_id;
      try {
        const acknowledged = await acknowledgeAlert(context, caller.principal, { id, note, requestId }, signal);
        caller.tell(`alert ${id}`, status.OK, '');
        return { alert: publishedAlert(acknowledged) };
      } catch (error) {
        const { code, details } = statusOfError(error);
        caller.tell(`alert ${id}`, code ?? status.UNKNOWN, details ?? '');
        throw error;
      }
    },
  );
}
