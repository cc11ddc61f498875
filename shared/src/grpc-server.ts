import { fileURLToPath } from 'node:url';
import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, protoPath as healthProto } from 'grpc-health-check';
import { UnavailableError } from './errors.ts';
import { statusOfError, unexpectedErrors } from './grpc-status.ts';
import type { Logger } from './logger.ts';
import { readCertificates, readKeyPair } from './pem-file.ts';

export interface GrpcService {
  /** Full name, such as `tdc.v1.CollectorService`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** PEM files of a server; clients show a certificate of the authority. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

export interface GrpcServerOptions {
  /** Names the port in errors. */
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly services: readonly GrpcService[];
  readonly logger: Logger;
  readonly tls?: ServerTls;
}

/**
 * A port with its services, standard health of each of them (and of '' for all) and server reflection. Health of 'live' is always serving: the
 * process answers, whatever its repository does.
 */
export interface GrpcServer {
  /** Bound address, host:port. */
  readonly address: string;
  /** What health answers; not serving at first. */
  setServing(serving: boolean): void;
  /** Takes no more calls, waits for those under way and then cuts the rest. */
  stop(graceMs: number): Promise<void>;
}

const messageBytesMax = 4 * 1024 * 1024;
const healthName = 'grpc.health.v1.Health';
const liveName = 'live';

const serverOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  // A peer that is gone without a word is found within 40 s.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
} as const;

/** Throws UnavailableError naming the port that cannot be had, and InvalidInputError for unreadable TLS files. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { name, services, logger } = options;
  // The library would write on standard error what is thrown or logged here anyway.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server(serverOptions);
  const names = ['', ...services.map((service) => service.name)];
  const health = new HealthImplementation({
    ...Object.fromEntries(names.map((each) => [each, 'NOT_SERVING' as const])),
    [liveName]: 'SERVING',
  });
  health.addToServer(server);
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  addReflection(server, [...services.map((service) => service.name), healthName]);
  const port = await bind(server, options);
  return {
    address: `${bracketed(options.host)}:${port}`,
    setServing(serving) {
      for (const each of names) health.setStatus(each, serving ? 'SERVING' : 'NOT_SERVING');
    },
    async stop(graceMs) {
      const cut = setTimeout(() => {
        logger.warn({ port: name }, `calls did not end within ${graceMs} ms: cutting them`);
        server.forceShutdown();
      }, graceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(cut);
    },
  };
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function bind(server: Server, { name, host, port, tls }: GrpcServerOptions): Promise<number> {
  const address = `${bracketed(host)}:${port}`;
  const serverCredentials = credentialsOf(tls);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new UnavailableError(`cannot listen on ${address} for ${name}: ${error.message}`, { cause: error }));
    });
  });
}

function credentialsOf(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key } = readKeyPair(
    { option: 'tls.cert', file: tls.certFile },
    { option: 'tls.key', file: tls.keyFile },
  );
  const clientCa = readCertificates({ option: 'tls.client_ca', file: tls.clientCaFile });
  return ServerCredentials.createSsl(clientCa, [{ cert_chain: cert, private_key: key }], true);
}

function addReflection(server: Server, services: readonly string[]): void {
  const root = fileURLToPath(new URL('../../', import.meta.resolve('@tdc/proto/tdc/v1/query.proto')));
  const files = ['agent', 'collector', 'query'].map((file) => `tdc/v1/${file}.proto`);
  // Fields under the names that the contract gives them.
  const definition = loadSync([...files, healthProto], { includeDirs: [root], keepCase: true });
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}

/**
 * A unary method. The signal aborts when the caller has gone away or its deadline has passed; what the handler throws is
 * answered by statusOfError.
 */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new UnavailableError('the caller has gone away')));
    handle(call.request, gone.signal).then(
      (response) => callback(null, response),
      (error: unknown) => callback(statusOfError(error)),
    );
  };
}

/** Logs, until disposed of, the errors of this process that callers get as INTERNAL without a reason. */
export function logUnexpectedErrors(logger: Logger): Disposable {
  const log = (error: unknown) => logger.error({ err: error }, 'a call failed unexpectedly');
  unexpectedErrors.subscribe(log);
  return { [Symbol.dispose]: () => unexpectedErrors.unsubscribe(log) };
}
