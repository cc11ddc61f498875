import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ConfigOption, ConfigValues } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import type { EventTimeLimits } from './collector/context.ts';

const serviceNames = ['collector', 'query', 'health'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Files of a certificate, its key and the authority of the clients' certificates, all PEM. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

export interface ServerConfig {
  readonly services: readonly ServiceName[];
  readonly host: string;
  /** 0: any free one. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly sqlite: { readonly file: string };
  /** 0 keeps events for ever. */
  readonly retentionHours: number;
  readonly eventTimes: EventTimeLimits;
  readonly logLevel: string;
  /** Absent: plain text. */
  readonly tls?: ServerTls;
}

const port = z.coerce.number().int().min(0).max(65_535);
const file = z.string().min(1);
const services = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value),
  z.array(z.enum(serviceNames)).min(1),
);

/** Every option of `tdc-server serve`; the home folder and the environment decide where the database is by default. */
export function serverOptions(env: Readonly<Record<string, string | undefined>>, homeDir: string) {
  const dataHome = env.XDG_DATA_HOME || join(homeDir, '.local', 'share');
  return [
    option('services', services, [...serviceNames], 'services of this process: collector, query, health'),
    option('host', z.string().min(1), '127.0.0.1', 'address to listen on'),
    option('collector.port', port, 9000, 'port of the collector; 0 for any free one'),
    option('query.port', port, 8000, 'port of the query service; 0 for any free one'),
    { ...option('health.port', port, 5000, 'port of health; 0 for any free one'), aliases: ['--healthcheck-port'] },
    option('repository', z.enum(['sqlite']), 'sqlite', 'where everything is kept: sqlite'),
    option('sqlite.file', file, join(dataHome, 'tdc', 'server', 'tdc.sqlite'), 'database file'),
    option(
      'retention.hours',
      z.coerce.number().min(0).max(876_000),
      24,
      'age at which events go; 0 keeps them for ever',
    ),
    option('collector.event_age_days_max', z.coerce.number().positive().max(36_500), 31, 'oldest event that is taken'),
    option(
      'collector.event_ahead_seconds_max',
      z.coerce.number().min(0).max(86_400),
      300,
      "how far ahead of the server's clock an event may be",
    ),
    option('log.level', z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']), 'info', 'least level to log'),
    option('tls.cert', file.optional(), undefined, "file of the server's certificate (PEM)"),
    option('tls.key', file.optional(), undefined, 'file of its private key (PEM)'),
    option('tls.client_ca', file.optional(), undefined, "file of the authority of the clients' certificates (PEM)"),
    option('allow_plaintext', z.boolean().or(z.stringbool()), false, 'do without TLS on an address that others reach'),
  ] as const satisfies readonly ConfigOption[];
}

export type ServerOptions = ReturnType<typeof serverOptions>;

function option<Path extends string, Schema extends z.ZodType>(
  path: Path,
  schema: Schema,
  byDefault: z.output<Schema>,
  description: string,
) {
  return { path, schema, default: byDefault, description };
}

/** Throws InvalidInputError for options that do not go together. */
export function serverConfigOf(values: ConfigValues<ServerOptions>): ServerConfig {
  const tls = tlsOf(values['tls.cert'], values['tls.key'], values['tls.client_ca']);
  const { host } = values;
  if (tls === undefined && !isLoopback(host) && !values.allow_plaintext) {
    throw new InvalidInputError(
      `host ${host} can be reached by others: give tls.cert, tls.key and tls.client_ca, or --allow-plaintext`,
      { field: 'host' },
    );
  }
  return {
    services: values.services,
    host,
    ports: { collector: values['collector.port'], query: values['query.port'], health: values['health.port'] },
    sqlite: { file: values['sqlite.file'] },
    retentionHours: values['retention.hours'],
    eventTimes: {
      ageDaysMax: values['collector.event_age_days_max'],
      aheadSecondsMax: values['collector.event_ahead_seconds_max'],
    },
    logLevel: values['log.level'],
    ...(tls === undefined ? {} : { tls }),
  };
}

function tlsOf(certFile?: string, keyFile?: string, clientCaFile?: string): ServerTls | undefined {
  if (certFile !== undefined && keyFile !== undefined && clientCaFile !== undefined) {
    return { certFile, keyFile, clientCaFile };
  }
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return undefined;
  throw new InvalidInputError('tls.cert, tls.key and tls.client_ca go together: expected all three, or none', {
    field: 'tls',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
