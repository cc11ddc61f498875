import { createHmac } from 'node:crypto';
import { request as requestPlain } from 'node:http';
import { request as requestSecured } from 'node:https';
import type { Clock } from '@tdc/shared/clock.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { alertToWire } from '../query/alert-wire.ts';
import { alertRecord } from '../records/alert-record.ts';
import { isoTime } from '../records/iso-time.ts';
import type { Notice } from './alert.ts';
import { type Channel, NotTakenError } from './channel.ts';

export interface WebhookConfig {
  /** https, or http on loopback. */
  readonly url: string;
  readonly secretFile: string;
  /** Absent: the authorities of the system. */
  readonly caFile?: string;
}

const answerMsDefault = 10_000;
/** Who says later that it takes it. */
const laterStatuses: ReadonlySet<number> = new Set([408, 425, 429]);
const secretPattern = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/;
const secretBytes = { min: 24, max: 64 };

/** The key in a file. Throws InvalidInputError that says nothing of what is in it. */
export function webhookKeyOf(file: string): Buffer {
  const [, base64 = ''] = secretPattern.exec(textOf(file).trim()) ?? [];
  const key = Buffer.from(base64, 'base64');
  if (key.length >= secretBytes.min && key.length <= secretBytes.max) return key;
  throw new InvalidInputError(
    `alerts.webhook.secret_file ${file}: expected whsec_ and ${secretBytes.min} to ${secretBytes.max} bytes in base64`,
    { field: 'alerts.webhook.secret_file' },
  );
}

/** What the receiver is told. */
export const webhookBody = ({ id, event, alert, madeAtMs }: Notice): string =>
  JSON.stringify({ id, type: `alert.${event}`, timestamp: isoTime(madeAtMs), data: alertRecord(alertToWire(alert)) });

/** Signed as standardwebhooks.com has it: the id stays the same however often it is sent. */
export function webhookHeaders(key: Buffer, id: string, nowMs: number, body: string) {
  const seconds = Math.floor(nowMs / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

/**
 * Posts each notice to one address, which the administrator has set: nothing that comes from elsewhere says where to. The whole of a post, from connecting to
 * the status of the answer, may take `answerMs`.
 */
export function webhookChannel(
  { url, secretFile, caFile }: WebhookConfig,
  clock: Pick<Clock, 'nowMs'>,
  answerMs = answerMsDefault,
): Channel {
  return {
    name: 'webhook',
    noticesMax: 1,
    send: async (notices, signal) => {
      for (const notice of notices) {
        const body = webhookBody(notice);
        const headers = webhookHeaders(webhookKeyOf(secretFile), notice.id, clock.nowMs(), body);
        const ca = caFile === undefined ? undefined : textOf(caFile);
        expectTaken(await statusOf(url, { body, headers, answerMs, ...(ca === undefined ? {} : { ca }) }, signal));
      }
    },
  };
}

interface Post {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answerMs: number;
  readonly ca?: string;
}

/** The status alone is read of an answer: whatever else it holds is left, and the connection closed. */
function statusOf(url: string, { body, headers, answerMs, ca }: Post, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const late = AbortSignal.timeout(answerMs);
  const send = url.startsWith('https:') ? requestSecured : requestPlain;
  const length = String(Buffer.byteLength(body));
  const request = send(url, {
    method: 'POST',
    agent: false,
    signal: AbortSignal.any([signal, late]),
    headers: { 'content-type': 'application/json', 'content-length': length, 'user-agent': 'tdc-server', ...headers },
    ...(ca === undefined ? {} : { ca }),
  });
  request.on('response', (response) => {
    // Cutting it off is no failure any more.
    response.on('error', () => {});
    resolve(response.statusCode ?? 0);
    request.destroy();
  });
  request.on('error', (cause) => {
    if (signal.aborted) return reject(signal.reason);
    const reason = late.aborted ? `no answer within ${answerMs} ms` : cause.message;
    reject(new NotTakenError(`the webhook does not answer: ${reason}`, 'unavailable', cause));
  });
  request.end(body);
  return promise;
}

function expectTaken(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) {
    throw new NotTakenError(`the webhook answers with a redirect (${status}), which is not followed`, 'refused');
  }
  const isRefused = status >= 400 && status < 500 && !laterStatuses.has(status);
  throw new NotTakenError(`the webhook answers ${status}`, isRefused ? 'refused' : 'unavailable');
}
