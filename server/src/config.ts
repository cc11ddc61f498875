import { join } from 'node:path';
import { type ConfigOption, type ConfigValues, type Environment, numeric, option } from '@tdc/shared/config.ts';
import type { ServerTls } from '@tdc/shared/connection-front.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { ClientTls } from '@tdc/shared/grpc-client.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { estimatorNames } from '@tdc/shared/network.ts';
import { serviceManagerOf } from '@tdc/shared/service-notify.ts';
import { isTimeZone } from '@tdc/shared/wall-clock.ts';
import { z } from 'zod';
import { limitOptions, type ServerLimits, serverLimitsOf } from './access/options.ts';
import { type AlertsConfig, alertOptions, alertsConfigOf } from './alerts/options.ts';
import type { EventTimeLimits } from './collector/context.ts';
import { consoleOptions, type TileServer, tileServerOf } from './console/tile-server.ts';
import { type EnrolmentConfig, enrolmentConfigOf, enrolmentOptions } from './enrolment/options.ts';
import type { EstimatorConfig } from './estimator/service.ts';
import type { Publisher } from './formats/datex2/publisher.ts';
import { publisherOptions } from './formats/datex2/publisher-options.ts';
import type { FileLock } from './repositories/sqlite/open.ts';
import type { RetentionAges } from './retention.ts';
import { type TracingConfig, tracingConfigOf, tracingOptions } from './tracing/options.ts';

const serviceNames = ['collector', 'query', 'estimator', 'health', 'http'] as const;
export type ServiceName = (typeof serviceNames)[number];
/** A service that others call; the estimator works by itself. */
export type CalledService = Exclude<ServiceName, 'estimator'>;

export interface SqliteConfig {
  readonly file: string;
  /** Absent: it is taken. */
  readonly lock?: FileLock;
}

/** How etcd is reached, and how long its history of changes is kept. */
export interface EtcdConfig {
  readonly endpoints: readonly string[];
  readonly prefix: string;
  /** Absent: etcd asks for none. */
  readonly user?: { readonly username: string; readonly passwordFile: string };
  readonly tls?: ClientTls;
  /** 0: whoever runs etcd compacts it. */
  readonly historyMinutes: number;
}

export interface ServerConfig {
  readonly services: readonly ServiceName[];
  readonly host: string;
  /** 0: any free one. */
  readonly ports: Readonly<Record<CalledService, number>>;
  /** Whether the port of health goes without TLS. */
  readonly healthPlaintext: boolean;
  readonly repository: ({ readonly type: 'sqlite' } & SqliteConfig) | ({ readonly type: 'etcd' } & EtcdConfig);
  readonly retention: RetentionAges;
  readonly estimator: EstimatorConfig;
  readonly eventTimes: EventTimeLimits;
  /** Of the network, a name of the IANA database: its days and hours are those of statistics. */
  readonly timeZone: string;
  readonly alerts: AlertsConfig;
  readonly limits: ServerLimits;
  /** Who publishes DATEX II. */
  readonly publisher: Publisher;
  /** Behind the map of the console; absent: the map has no background. */
  readonly tiles?: TileServer;
  /** Absent: this server has no authority, and enrols no boxes. */
  readonly enrolment?: EnrolmentConfig;
  readonly logLevel: string;
  /** Absent: no traces. */
  readonly tracing?: TracingConfig;
  /** Absent: plain text, and everybody who reaches a port may do everything. */
  readonly tls?: ServerTls;
}

const reachHoursMax = 7 * 24;
const port = numeric(z.number().int().min(0).max(65_535));
const file = z.string().min(1);
const endpoint = z
  .string()
  .regex(/^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/, 'expected http://host:port or https://host:port');
const splitText = (value: unknown): unknown =>
  typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
const services = z.preprocess(splitText, z.array(z.enum(serviceNames)).min(1));

/** Every option of `tdc-server serve`; the home folder and the environment decide where the database is by default. */
export function serverOptions(env: Readonly<Record<string, string | undefined>>, homeDir: string) {
  const dataHome = env.XDG_DATA_HOME || join(homeDir, '.local', 'share');
  return [
    option(
      'services',
      services,
      [...serviceNames],
      'services of this process: collector, query, estimator, health, http',
    ),
    option('host', z.string().min(1), '127.0.0.1', 'address to listen on'),
    option('collector.port', port, 9000, 'port of the collector; 0 for any free one'),
    option('query.port', port, 8000, 'port of the query service; 0 for any free one'),
    { ...option('health.port', port, 5000, 'port of health; 0 for any free one'), aliases: ['--healthcheck-port'] },
    option('http.port', port, 8080, 'port of the HTTP API and the console; 0 for any free one'),
    option(
      'health.plaintext',
      z.boolean().or(z.stringbool()),
      false,
      'health without TLS, for probes that have no certificate: it tells nothing but serving or not',
    ),
    option('repository', z.enum(['sqlite', 'etcd']), 'sqlite', 'where everything is kept: sqlite, or etcd'),
    option('sqlite.file', file, join(dataHome, 'tdc', 'server', 'tdc.sqlite'), 'database file'),
    option(
      'etcd.endpoints',
      z.preprocess(splitText, z.array(endpoint).min(1).max(16)),
      ['http://127.0.0.1:2379'],
      'members of etcd, separated by commas',
    ),
    option(
      'etcd.prefix',
      z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1 to 64 of letters, digits, '_' and '-'"),
      'tdc',
      'first part of every key in etcd',
    ),
    option('etcd.username', z.string().min(1).optional(), undefined, 'user of etcd'),
    option('etcd.password_file', file.optional(), undefined, 'file that holds the password of the user of etcd'),
    option('etcd.tls.ca', file.optional(), undefined, "file of the authority of etcd's certificates (PEM)"),
    option('etcd.tls.cert', file.optional(), undefined, 'file of the certificate to show to etcd (PEM)'),
    option('etcd.tls.key', file.optional(), undefined, 'file of its private key (PEM)'),
    option(
      'etcd.history_minutes',
      numeric(z.number().min(0).max(10_000)),
      15,
      'age at which the history of changes in etcd is compacted; 0 leaves it to others',
    ),
    option(
      'retention.hours',
      numeric(z.number().min(0).max(876_000)),
      24,
      'age at which events go; 0 keeps them for ever',
    ),
    option(
      'retention.estimate_days',
      numeric(z.number().min(0).max(36_500)),
      1100,
      'age at which travel times go; 0 keeps them for ever',
    ),
    option(
      'retention.alert_days',
      numeric(z.number().min(0).max(36_500)),
      400,
      'age at which closed alerts go; 0 keeps them for ever',
    ),
    option('estimator.name', z.enum(estimatorNames), 'grid-filter', 'how links are estimated that do not say'),
    option(
      'estimator.rotating',
      z.boolean().or(z.stringbool()),
      true,
      'match addresses that change every quarter of an hour, within their life',
    ),
    option(
      'estimator.rotation_seconds',
      numeric(z.number().min(60).max(86_400)),
      900,
      'seconds after which such an address changes',
    ),
    option(
      'estimator.delay_seconds',
      numeric(z.number().min(0).max(600)),
      5,
      'how long after a minute it is estimated, as its last events are still on their way',
    ),
    option(
      'collector.event_age_days_max',
      numeric(z.number().positive().max(36_500)),
      31,
      'oldest event that is taken',
    ),
    option(
      'collector.event_ahead_seconds_max',
      numeric(z.number().min(0).max(86_400)),
      300,
      "how far ahead of the server's clock an event may be",
    ),
    ...publisherOptions,
    ...consoleOptions,
    option(
      'network.time_zone',
      z.string().refine(isTimeZone, 'expected a zone of the IANA database, such as Europe/Berlin or UTC'),
      'UTC',
      'time zone of the network, whose days and hours its statistics are of',
    ),
    ...limitOptions,
    ...enrolmentOptions,
    ...alertOptions,
    ...tracingOptions,
    option('log.level', z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']), 'info', 'least level to log'),
    option('tls.cert', file.optional(), undefined, "file of the server's certificate (PEM)"),
    option('tls.key', file.optional(), undefined, 'file of its private key (PEM)'),
    option('tls.client_ca', file.optional(), undefined, "file of the authority of the clients' certificates (PEM)"),
    option(
      'allow_plaintext',
      z.boolean().or(z.stringbool()),
      false,
      'do without TLS on an address that others reach: everybody there may do everything',
    ),
  ] as const satisfies readonly ConfigOption[];
}

export type ServerOptions = ReturnType<typeof serverOptions>;

/** Throws InvalidInputError for options that do not go together. */
export function serverConfigOf(values: ConfigValues<ServerOptions>): ServerConfig {
  const tls = tlsOf(values['tls.cert'], values['tls.key'], values['tls.client_ca']);
  const enrolment = enrolmentConfigOf(values);
  const tracing = tracingConfigOf(values);
  const tiles = tileServerOf(values['console.tiles'], values['console.tiles_attribution']);
  const { host, services } = values;
  const plain = ['estimator', ...(values['health.plaintext'] ? ['health'] : [])];
  const isSecret = services.some((name) => !plain.includes(name));
  if (tls === undefined && isSecret && !isLoopback(host) && !values.allow_plaintext) {
    throw new InvalidInputError(
      `host ${host} can be reached by others: give tls.cert, tls.key and tls.client_ca, or --allow-plaintext, with which everybody may do everything`,
      { field: 'host' },
    );
  }
  return {
    services,
    host,
    ports: {
      collector: values['collector.port'],
      query: values['query.port'],
      health: values['health.port'],
      http: values['http.port'],
    },
    healthPlaintext: values['health.plaintext'],
    repository: repositoryOf(values),
    retention: {
      eventHours: values['retention.hours'],
      estimateDays: values['retention.estimate_days'],
      alertDays: values['retention.alert_days'],
    },
    estimator: {
      estimator: values['estimator.name'],
      rotating: values['estimator.rotating'],
      rotationSeconds: values['estimator.rotation_seconds'],
      delaySeconds: values['estimator.delay_seconds'],
      reachHours: reachHoursOf(values['retention.hours']),
    },
    eventTimes: {
      ageDaysMax: values['collector.event_age_days_max'],
      aheadSecondsMax: values['collector.event_ahead_seconds_max'],
    },
    timeZone: values['network.time_zone'],
    alerts: alertsConfigOf(values),
    limits: serverLimitsOf(values),
    publisher: { country: values['datex2.country'], identifier: values['datex2.identifier'] },
    ...(tiles === undefined ? {} : { tiles }),
    ...(enrolment === undefined ? {} : { enrolment }),
    logLevel: values['log.level'],
    ...(tracing === undefined ? {} : { tracing }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** A minute is made again from the events of up to eight hours before it: further back they are no longer all there. */
function reachHoursOf(retentionHours: number): number {
  return retentionHours === 0 ? reachHoursMax : Math.min(reachHoursMax, Math.max(1, retentionHours - 8));
}

/** The repository of one type, as it is configured. Throws InvalidInputError for options that do not go together. */
export function repositoryOf(
  values: ConfigValues<ServerOptions>,
  type: 'sqlite' | 'etcd' = values.repository,
): ServerConfig['repository'] {
  if (type === 'sqlite') return { type: 'sqlite', file: values['sqlite.file'] };
  const endpoints = values['etcd.endpoints'];
  const [username, passwordFile] = [values['etcd.username'], values['etcd.password_file']];
  const tls = etcdTlsOf(values);
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw new InvalidInputError('etcd.username and etcd.password_file go together: expected both, or none', {
      field: 'etcd.username',
    });
  }
  const secure = endpoints.filter((each) => each.startsWith('https:')).length;
  if (secure !== 0 && secure !== endpoints.length) {
    throw new InvalidInputError('etcd.endpoints mixes http and https: expected all of one kind', {
      field: 'etcd.endpoints',
    });
  }
  if (secure === 0 && tls !== undefined) {
    throw new InvalidInputError('etcd.tls goes with https: expected etcd.endpoints with https, or no etcd.tls', {
      field: 'etcd.endpoints',
    });
  }
  const isLocal = endpoints.every((each) => isLoopback(new URL(each).hostname));
  if (secure === 0 && !isLocal && !values.allow_plaintext) {
    throw new InvalidInputError('etcd.endpoints are other machines without TLS: give https, or --allow-plaintext', {
      field: 'etcd.endpoints',
    });
  }
  return {
    type: 'etcd',
    endpoints,
    prefix: values['etcd.prefix'],
    ...(username === undefined || passwordFile === undefined ? {} : { user: { username, passwordFile } }),
    ...(tls === undefined ? {} : { tls }),
    historyMinutes: values['etcd.history_minutes'],
  };
}

function etcdTlsOf(values: ConfigValues<ServerOptions>): ClientTls | undefined {
  const [caFile, certFile, keyFile] = [values['etcd.tls.ca'], values['etcd.tls.cert'], values['etcd.tls.key']];
  if (caFile === undefined && certFile === undefined && keyFile === undefined) return undefined;
  if (caFile === undefined || (certFile === undefined) !== (keyFile === undefined)) {
    throw new InvalidInputError('etcd.tls: expected ca, or ca with cert and key', { field: 'etcd.tls' });
  }
  return certFile === undefined || keyFile === undefined ? { caFile } : { caFile, certFile, keyFile };
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

/** The service manager that this process runs under, if any. */
export const serviceManager = (env: Environment = process.env) => serviceManagerOf(env, process.pid);
