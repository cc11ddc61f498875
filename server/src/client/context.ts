import type { Writable } from 'node:stream';
import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError, LimitError, UnavailableError } from '@tdc/shared/errors.ts';
import { AccessServiceClient } from '@tdc/shared/generated/tdc/v1/access.ts';
import { AlertServiceClient } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { BoxMailServiceClient } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { EnrolmentServiceClient } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { HistoryServiceClient } from '@tdc/shared/generated/tdc/v1/history.ts';
import { QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import { msFromNs, type Parsed } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import type { ClientConfig } from './config.ts';

/** What the process gives to a command. */
export interface Surroundings {
  readonly clock: Clock;
  /** 0 inclusive to 1 exclusive. */
  readonly random: () => number;
  /** Aborts when the user has had enough. */
  readonly signal: AbortSignal;
  /** Results. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Everything else for people. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** What a command works with: made once, closed at its end. */
export interface ClientContext extends Surroundings, Disposable {
  readonly config: ClientConfig;
  readonly collector: CollectorServiceClient;
  readonly query: QueryServiceClient;
  /** On the port of queries. */
  readonly history: HistoryServiceClient;
  /** The same. */
  readonly alert: AlertServiceClient;
  readonly access: AccessServiceClient;
  readonly enrolment: EnrolmentServiceClient;
  /** On the port of the collector, as access is. */
  readonly boxMail: BoxMailServiceClient;
}

/** Runs a command with a context that is made from its options. */
export type Run = (command: Command, work: (context: ClientContext) => Promise<void>) => Promise<void>;

const channelOptions = {
  // A dead connection is found within 40 s even while nothing comes.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A network of 100,000 detectors with their status comes in one message.
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
} as const;

/** Opens the way to the services; nothing connects before the first call. Throws InvalidInputError for a bad TLS file. */
export function openClient(config: ClientConfig, surroundings: Surroundings): ClientContext {
  const credentials = clientCredentials(config.tls, config.token);
  const collector = new CollectorServiceClient(config.collector, credentials, channelOptions);
  const query = new QueryServiceClient(config.query, credentials, channelOptions);
  const history = new HistoryServiceClient(config.query, credentials, channelOptions);
  const alert = new AlertServiceClient(config.query, credentials, channelOptions);
  const access = new AccessServiceClient(config.collector, credentials, channelOptions);
  const enrolment = new EnrolmentServiceClient(config.collector, credentials, channelOptions);
  const boxMail = new BoxMailServiceClient(config.collector, credentials, channelOptions);
  return {
    ...surroundings,
    config,
    collector,
    query,
    history,
    alert,
    access,
    enrolment,
    boxMail,
    [Symbol.dispose]: () => {
      for (const client of [collector, query, history, alert, access, enrolment, boxMail]) client.close();
    },
  };
}

/** Those that are served on the port of queries. */
const onQueryPort: readonly string[] = ['query', 'history', 'alert'];
export type Service = 'collector' | 'query' | 'history' | 'alert' | 'access' | 'enrolment' | 'boxMail';
type Method<Request, Response> = Parameters<typeof callUnary<Request, Response>>[1];

/**
 * Calls a method of one of the services, again as long as the server asks to wait and the time of one call allows it. Rejects with a
 * TdcError, or the signal's reason.
 */
export async function ask<Request, Response>(
  context: ClientContext,
  service: Service,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const { config, signal, clock } = context;
  const untilMs = clock.monotonicMs() + config.timeoutMs;
  for (;;) {
    try {
      const response = await callUnary(context[service], method, request, { timeoutMs: config.timeoutMs, signal });
      warnOfStaleness(context, response);
      return response;
    } catch (error) {
      const waitMs = error instanceof LimitError ? error.retryAfterMs : 0;
      if (waitMs === 0 || clock.monotonicMs() + waitMs > untilMs) throw withService(error, config, service);
      await clock.sleep(waitMs, signal);
    }
  }
}

const warned = new WeakSet<ClientContext>();

/** Tells once that an answer may be behind. */
function warnOfStaleness(context: ClientContext, response: unknown): void {
  if (typeof response !== 'object' || response === null || !('staleSinceNs' in response)) return;
  const { staleSinceNs } = response;
  if (typeof staleSinceNs !== 'bigint' || staleSinceNs === 0n || warned.has(context)) return;
  warned.add(context);
  const since = new Date(msFromNs(staleSinceNs)).toISOString();
  context.stderr.write(`tdc: the repository has lost its majority: what came after ${since} may be missing\n`);
}

/** Says which service it was that did not answer, or that is another than was thought. */
export function withService(error: unknown, config: ClientConfig, service: Service): unknown {
  const port = onQueryPort.includes(service) ? 'query' : 'collector';
  const at = `${port} ${config[port]}`;
  if (error instanceof UnavailableError) {
    // Messages of the library can have a heading that nothing follows, and lines of the TLS library in them.
    const message = error.message.replace(/\. Resolution note: $/, '').replace(/\s+/g, ' ');
    return new UnavailableError(`${at}: ${message}`, { cause: error });
  }
  if (error instanceof InvalidInputError && error.message.startsWith('UNIMPLEMENTED')) {
    return new InvalidInputError(`${at} is not the ${port} service: ${error.message}`, { cause: error });
  }
  return error;
}

/** What a server sent, or an error that says that it cannot be understood. */
export function understood<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const { field, message } = parsed.problem;
  throw new Error(`the server sent what this version of tdc does not understand: ${field} ${message}`);
}
