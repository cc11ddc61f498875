import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { AccessServiceClient } from '@tdc/shared/generated/tdc/v1/access.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import type { ServerConfig } from '../config.ts';
import { openContext, type ServerContext } from '../context.ts';
import { type Answer, type Asking, ask } from '../http/asking.ts';
import { madeUpConfig } from '../made-up-config.ts';
import { type Certificate, CertificateAuthority } from '../repositories/etcd/certificate-authority.ts';
import { startServer } from '../server.ts';
import { traceFields } from '../tracing/tracing.ts';
import { defaultServerLimits, type ServerLimits } from './options.ts';
import type { Role } from './principal.ts';
import { createToken } from './token-admin.ts';

const never = new AbortController().signal;
const timeoutMs = 10_000;

/** What a client shows of itself. */
export interface Shown {
  readonly token?: string;
  readonly certificate?: Certificate;
}

export type SecuredClient = ReturnType<typeof clientOf>;

/** For tests: a server over TLS on loopback with its authority, and what it logged. */
export interface SecuredServer extends AsyncDisposable {
  readonly authority: CertificateAuthority;
  readonly folder: string;
  readonly context: ServerContext;
  readonly collector: string;
  readonly query: string;
  /** Where a service is, by a name that its certificate has. */
  address(name: 'collector' | 'query' | 'http'): string;
  /** Asks over HTTP, with the same means. */
  get(
    path: string,
    shown?: Shown,
    asking?: Pick<Asking, 'method' | 'headers' | 'body' | 'localAddress'>,
  ): Promise<Answer>;
  readonly log: readonly Record<string, unknown>[];
  /** Everything logged so far, as text. */
  logText(): string;
  client(shown?: Shown): SecuredClient;
  /** A certificate of the authority for a detector. */
  detector(detectorId: string): Certificate;
  /** A token, put into the repository. */
  token(role: Role, name?: string): Promise<string>;
}

export async function startSecuredServer(
  given: Partial<ServerLimits> = {},
  config: Partial<ServerConfig> = {},
): Promise<SecuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-secured-'));
  const authority = new CertificateAuthority(join(folder, 'certificates'), 'ours');
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    output: { write: (line: string) => lines.push(line) },
    fields: traceFields,
  });
  const context = await openContext(
    madeUpConfig(folder, {
      services: ['collector', 'query', 'http'],
      limits: { ...defaultServerLimits, ...given },
      logLevel: 'info',
      tls: { ...authority.certificate('server'), clientCaFile: authority.file },
      ...config,
    }),
    systemClock,
    logger,
    never,
  );
  const server = await startServer(context);
  // By name: TLS has none for an address.
  const placeOf = (name: 'collector' | 'query' | 'http') => `localhost:${server.addresses.get(name)?.split(':')[1]}`;
  const [collector, query] = [placeOf('collector'), placeOf('query')];
  const clients: SecuredClient[] = [];
  return {
    ...{ authority, folder, context, collector, query },
    get log() {
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    address: placeOf,
    get: (path, { token, certificate } = {}, asking = {}) => {
      const pair =
        certificate === undefined
          ? {}
          : { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) };
      const tls = { ca: readFileSync(authority.file), ...pair };
      return ask(`https://${placeOf('http')}${path}`, { ...asking, tls, ...(token === undefined ? {} : { token }) });
    },
    logText: () => lines.join(''),
    client(shown = {}) {
      const client = clientOf({ collector, query }, authority.file, shown);
      clients.push(client);
      return client;
    },
    detector: (id) => authority.certificate(id, { uri: `urn:tdc:detector:${id}`, usage: 'clientAuth' }),
    token: async (role, name = role) => {
      const wanted = { name, role, seconds: 3600 };
      return (await createToken(context.repository.accessTokens, systemClock, wanted, never)).token;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server[Symbol.asyncDispose]();
      await context[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

function clientOf(addresses: { readonly collector: string; readonly query: string }, caFile: string, shown: Shown) {
  const credentials = clientCredentials({ caFile, ...shown.certificate }, shown.token);
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  const collector = new CollectorServiceClient(addresses.collector, credentials, options);
  const access = new AccessServiceClient(addresses.collector, credentials, options);
  const query = new QueryServiceClient(addresses.query, credentials, options);
  return {
    collector,
    access,
    query,
    /** Rejects with a TdcError. */
    ask: <Request, Response>(
      service: object,
      method: Parameters<typeof callUnary<Request, Response>>[1],
      request: Request,
    ): Promise<Response> => callUnary(service, method, request, { timeoutMs }),
    listLinks: () => callUnary(query, query.listLinks, {}, { timeoutMs }),
    close: () => {
      for (const client of [collector, access, query]) client.close();
    },
  };
}
