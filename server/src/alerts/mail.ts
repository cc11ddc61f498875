import { textOf } from '@tdc/shared/config-file.ts';
import { createTransport } from 'nodemailer';
import { type Alert, type Notice, stateOf } from './alert.ts';
import { causeText } from './cause-text.ts';
import { type Channel, NotTakenError } from './channel.ts';

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  /** `none` on loopback alone. */
  readonly security: 'tls' | 'starttls' | 'none';
  /** Absent: the server asks for none. */
  readonly user?: { readonly username: string; readonly passwordFile: string };
  readonly caFile?: string;
  readonly from: string;
  readonly to: readonly string[];
}

const connectMs = 10_000;
const answerMs = 30_000;
/** Alerts of one mail: a network that has lost its centre is told of in one. */
const noticesMax = 100;

/** Sends mail through one server. What opens and closes at once comes in one mail. */
export function mailChannel(config: MailConfig): Channel {
  return {
    name: 'mail',
    noticesMax,
    send: async (notices, signal) => {
      signal.throwIfAborted();
      const transport = transportOf(config);
      const stop = () => transport.close();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await transport.sendMail({ from: config.from, to: [...config.to], ...mailOf(notices) });
      } catch (error) {
        signal.throwIfAborted();
        throw notTaken(error);
      } finally {
        signal.removeEventListener('abort', stop);
        transport.close();
      }
    },
  };
}

function transportOf({ host, port, security, user, caFile }: MailConfig) {
  return createTransport({
    ...{ host, port, secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none' },
    ...(user === undefined
      ? {}
      : { auth: { user: user.username, pass: textOf(user.passwordFile).replace(/\r?\n$/, '') } }),
    ...(caFile === undefined ? {} : { tls: { ca: textOf(caFile) } }),
    ...{ connectionTimeout: connectMs, greetingTimeout: connectMs, socketTimeout: answerMs },
    ...{ disableFileAccess: true, disableUrlAccess: true, logger: false },
  });
}

/** The same notices make the same mail, by whose id a reader can tell that it came twice. */
export function mailOf(notices: readonly Notice[]) {
  const [first] = notices;
  const lines = notices.map(({ event, alert }) => `${event}: ${alertText(alert)}`);
  const [only] = lines;
  const count = `${notices.length} alerts opened or closed`;
  return {
    messageId: `<${first?.id ?? ''}@tdc.invalid>`,
    subject: notices.length === 1 && only !== undefined ? `tdc: ${only.slice(0, 150)}` : `tdc: ${count}`,
    text: `${notices.map(paragraph).join('\n\n')}\n\nWhat each alert means: docs/alerts.md. Acknowledge: tdc alert ack ID --note TEXT\n`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

const alertText = ({ cause, subject }: Alert): string => `${subject} ${causeText[cause]}`;

function paragraph({ event, alert }: Notice): string {
  const { id, openedAtMs, detail, closed, acknowledgement } = alert;
  return [
    `${event.toUpperCase()}: ${alertText(alert)}`,
    `  opened ${new Date(openedAtMs).toISOString()}: ${detail}`,
    ...(acknowledgement === undefined ? [] : [`  acknowledged by ${acknowledgement.by}: ${acknowledgement.note}`]),
    ...(closed === undefined ? [] : [`  closed ${new Date(closed.atMs).toISOString()}: ${closed.detail}`]),
    `  ${stateOf(alert)}, alert ${id}`,
  ].join('\n');
}

/** Of the answer its number alone: its words may be of anybody. */
function notTaken(error: unknown): NotTakenError {
  const { responseCode = 0, code = 'failed' } = error as { readonly responseCode?: number; readonly code?: string };
  if (responseCode >= 500) return new NotTakenError(`the mail server refuses (${responseCode})`, 'refused', error);
  const reason = responseCode > 0 ? `answers ${responseCode}` : `does not take mail: ${code}`;
  return new NotTakenError(`the mail server ${reason}`, 'unavailable', error);
}
