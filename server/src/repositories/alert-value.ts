import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { type Acknowledgement, type Alert, alertCauses, type Notice, noticeChannels } from '../alerts/alert.ts';

const acknowledgement = z.object({ by: z.string(), at_ms: z.number(), note: z.string(), request_id: z.string() });
const alertSchema = z.object({
  id: z.string(),
  cause: z.enum(alertCauses),
  subject: z.string(),
  opened_at_ms: z.number(),
  detail: z.string(),
  acknowledgement: acknowledgement.optional(),
  closed: z.object({ at_ms: z.number(), detail: z.string() }).optional(),
  version: z.int(),
});
const noticeSchema = z.object({
  id: z.string(),
  channel: z.enum(noticeChannels),
  event: z.enum(['opened', 'closed']),
  alert: alertSchema,
  made_at_ms: z.number(),
});

const alertRecord = ({ id, cause, subject, openedAtMs, detail, acknowledgement, closed, version }: Alert) => ({
  ...{ id, cause, subject, opened_at_ms: openedAtMs, detail, version },
  ...(acknowledgement === undefined
    ? {}
    : {
        acknowledgement: {
          by: acknowledgement.by,
          at_ms: acknowledgement.atMs,
          note: acknowledgement.note,
          request_id: acknowledgement.requestId,
        },
      }),
  ...(closed === undefined ? {} : { closed: { at_ms: closed.atMs, detail: closed.detail } }),
});

const alertOf = ({ acknowledgement, closed, opened_at_ms, ...same }: z.infer<typeof alertSchema>): Alert => ({
  ...same,
  openedAtMs: opened_at_ms,
  ...(acknowledgement === undefined
    ? {}
    : {
        acknowledgement: {
          by: acknowledgement.by,
          atMs: acknowledgement.at_ms,
          note: acknowledgement.note,
          requestId: acknowledgement.request_id,
        },
      }),
  ...(closed === undefined ? {} : { closed: { atMs: closed.at_ms, detail: closed.detail } }),
});

export const alertToText = (alert: Alert): string => JSON.stringify(alertRecord(alert));
export const noticeToText = ({ madeAtMs, alert, ...same }: Notice): string =>
  JSON.stringify({ ...same, alert: alertRecord(alert), made_at_ms: madeAtMs });

/** Undefined for one of a newer version, which is none of ours. */
export function alertOfText(text: string): Alert | undefined {
  const { data } = alertSchema.safeParse(JSON.parse(text));
  return data && alertOf(data);
}

export function noticeOfText(text: string): Notice | undefined {
  const { data } = noticeSchema.safeParse(JSON.parse(text));
  if (data === undefined) return undefined;
  const { made_at_ms: madeAtMs, alert, ...same } = data;
  return { ...same, alert: alertOf(alert), madeAtMs };
}

/** An alert as it is once acknowledged; itself where this request has done it before. Throws as AlertStore.acknowledge does. */
export function acknowledged(alert: Alert | undefined, id: string, given: Acknowledgement): Alert {
  if (alert === undefined) throw new NotFoundError(`there is no alert ${id}`, { field: 'id' });
  const before = alert.acknowledgement;
  if (before?.requestId === given.requestId) return alert;
  if (alert.closed !== undefined) {
    throw new PreconditionError(`alert ${id} is closed since ${new Date(alert.closed.atMs).toISOString()}`, {
      field: 'id',
    });
  }
  if (before !== undefined)
    throw new PreconditionError(`alert ${id} is acknowledged already, by ${before.by}`, { field: 'id' });
  return { ...alert, acknowledgement: given, version: alert.version + 1 };
}
