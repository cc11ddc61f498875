import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { isDetectorId } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import type { MailConfig } from './mail.ts';
import type { AlertRules } from './rules.ts';
import { type WebhookConfig, webhookKeyOf } from './webhook.ts';

export interface AlertsConfig {
  readonly rules: AlertRules;
  readonly mail?: MailConfig;
  readonly webhook?: WebhookConfig;
}

const file = z.string().min(1);
const limit = (max: number) => numeric(z.number().min(0).max(max));
const list = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((part) => part.trim())
            .filter((part) => part !== '')
        : value,
    z.array(schema).max(5000),
  );
const linkLimit = z
  .string()
  .refine((text) => parseLinkLimit(text) !== undefined, 'expected a link and its seconds, such as D1:D2=600');
const address = z
  .string()
  .regex(/^[^\s<>,;:"@]{1,64}@[^\s<>,;:"@]{1,255}$/, 'expected an address such as desk@example.org');
const url = z.url({ protocol: /^https?$/, error: 'expected an address such as https://example.org/tdc' });

function parseLinkLimit(text: string): readonly [string, number] | undefined {
  const [link = '', seconds = '', ...more] = text.split('=');
  const ends = link.split(':');
  const isLink = ends.length === 2 && ends.every(isDetectorId);
  return isLink && more.length === 0 && /^\d{1,5}$/.test(seconds) && Number(seconds) > 0
    ? [link, Number(seconds)]
    : undefined;
}

export const alertOptions = [
  option(
    'alerts.silent_minutes',
    limit(10_000),
    10,
    'minutes without a status after which a detector is silent; 0 for no such alert',
  ),
  option('alerts.clock_minutes', limit(10_000), 10, 'minutes for which a clock may be off; 0 for no such alert'),
  option('alerts.outbox_events', limit(1e9), 20_000, 'events that may wait in a box; 0 for no such alert'),
  option('alerts.drops', z.boolean().or(z.stringbool()), true, 'an alert when a box has given up events'),
  option(
    'alerts.match_rate_percent',
    limit(100),
    30,
    'per cent of the usual number of matches below which it is low; 0 for no such alert',
  ),
  option('alerts.travel_time_seconds', list(linkLimit), [], 'seconds that links may take, such as D1:D2=600'),
  option(
    'alerts.unusual_percent',
    limit(1000),
    50,
    'per cent by which a link may take longer than is usual at this hour on this weekday; 0 for no such alert',
  ),
  option('alerts.unusual_seconds', limit(100_000), 60, 'and seconds by which it may in any case'),
  option(
    'alerts.mail.host',
    z.string().min(1).optional(),
    undefined,
    'mail server (SMTP) that takes notices of alerts',
  ),
  option('alerts.mail.port', numeric(z.number().int().min(1).max(65_535)), 587, 'its port'),
  option(
    'alerts.mail.security',
    z.enum(['tls', 'starttls', 'none']),
    'starttls',
    'starttls, tls from the first byte on, or none on this machine',
  ),
  option('alerts.mail.username', z.string().min(1).optional(), undefined, 'user of the mail server'),
  option('alerts.mail.password_file', file.optional(), undefined, 'file that holds the password of that user'),
  option('alerts.mail.ca', file.optional(), undefined, "file of the authority of the mail server's certificate (PEM)"),
  option('alerts.mail.from', address.optional(), undefined, 'address that mail comes from'),
  option('alerts.mail.to', list(address), [], 'addresses that it goes to'),
  option('alerts.webhook.url', url.optional(), undefined, 'address that notices of alerts are posted to, as JSON'),
  option(
    'alerts.webhook.secret_file',
    file.optional(),
    undefined,
    'file of the secret that they are signed with: whsec_ and base64',
  ),
  option('alerts.webhook.ca', file.optional(), undefined, "file of the authority of the receiver's certificate (PEM)"),
] as const satisfies readonly ConfigOption[];

type AlertValues = ConfigValues<typeof alertOptions>;

/** Throws InvalidInputError for options that do not go together, and for files that cannot be used. */
export function alertsConfigOf(values: AlertValues): AlertsConfig {
  const [mail, webhook] = [mailOf(values), webhookOf(values)];
  return {
    rules: rulesOf(values),
    ...(mail === undefined ? {} : { mail }),
    ...(webhook === undefined ? {} : { webhook }),
  };
}

function rulesOf(values: AlertValues): AlertRules {
  const percent = values['alerts.unusual_percent'];
  return {
    ...ifAny('silentMinutes', values['alerts.silent_minutes']),
    ...ifAny('clockMinutes', values['alerts.clock_minutes']),
    ...ifAny('outboxEvents', values['alerts.outbox_events']),
    drops: values['alerts.drops'],
    ...ifAny('matchRatePercent', values['alerts.match_rate_percent']),
    travelTimeSeconds: new Map(
      values['alerts.travel_time_seconds'].flatMap((text) => [parseLinkLimit(text) ?? []].filter(isPair)),
    ),
    ...(percent === 0 ? {} : { unusual: { percent, seconds: values['alerts.unusual_seconds'] } }),
  };
}

const isPair = (value: readonly unknown[]): value is readonly [string, number] => value.length === 2;
const ifAny = <Name extends string>(name: Name, value: number) =>
  (value === 0 ? {} : { [name]: value }) as { readonly [Key in Name]?: number };

function mailOf(values: AlertValues): MailConfig | undefined {
  const [host, security] = [values['alerts.mail.host'], values['alerts.mail.security']];
  const [from, to] = [values['alerts.mail.from'], values['alerts.mail.to']];
  const [username, passwordFile, caFile] = [
    values['alerts.mail.username'],
    values['alerts.mail.password_file'],
    values['alerts.mail.ca'],
  ];
  if (host === undefined && from === undefined && to.length === 0) return undefined;
  if (host === undefined || from === undefined || to.length === 0) {
    throw invalid(
      'alerts.mail',
      'alerts.mail.host, alerts.mail.from and alerts.mail.to go together: expected all, or none',
    );
  }
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw invalid(
      'alerts.mail.username',
      'alerts.mail.username and alerts.mail.password_file go together: expected both, or none',
    );
  }
  if (security === 'none' && !isLoopback(host)) {
    throw invalid(
      'alerts.mail.security',
      `alerts.mail.security none: expected starttls or tls, as ${host} is another machine`,
    );
  }
  for (const each of [passwordFile, caFile]) if (each !== undefined) textOf(each);
  return {
    ...{ host, port: values['alerts.mail.port'], security, from, to },
    ...(username === undefined || passwordFile === undefined ? {} : { user: { username, passwordFile } }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function webhookOf(values: AlertValues): WebhookConfig | undefined {
  const [address, secretFile, caFile] = [
    values['alerts.webhook.url'],
    values['alerts.webhook.secret_file'],
    values['alerts.webhook.ca'],
  ];
  if (address === undefined && secretFile === undefined) return undefined;
  if (address === undefined || secretFile === undefined) {
    throw invalid(
      'alerts.webhook',
      'alerts.webhook.url and alerts.webhook.secret_file go together: expected both, or none',
    );
  }
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') {
    throw invalid(
      'alerts.webhook.url',
      'alerts.webhook.url holds a user or a password: expected none, as addresses are in logs',
    );
  }
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw invalid(
      'alerts.webhook.url',
      `alerts.webhook.url ${address}: expected https, as ${hostname} is another machine`,
    );
  }
  webhookKeyOf(secretFile);
  if (caFile !== undefined) textOf(caFile);
  return { url: address, secretFile, ...(caFile === undefined ? {} : { caFile }) };
}

const invalid = (field: string, message: string): InvalidInputError => new InvalidInputError(message, { field });
