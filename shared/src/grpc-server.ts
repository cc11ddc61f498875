import type { Socket } from 'node:net';
import {
  type ConnectionInjector,
  experimental,
  type handleUnaryCall,
  logVerbosity,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { ConnectionFront, type ConnectionLimits, listenAt, type Peer, type ServerTls } from './connection-front.ts';
import { UnavailableError } from './errors.ts';
import { statusOfError, unexpectedErrors } from './grpc-status.ts';
import type { Logger } from './logger.ts';
import { addReflection } from './reflection.ts';

export interface GrpcService {
  /** Full name, such as `tdc.v1.CollectorService`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** What one port bears of its clients. */
export interface GrpcServerLimits extends ConnectionLimits {
  /** Silence after which a connection is asked whether it lives, and how long it may take to say so. */
  readonly pingAfterMs: number;
  readonly pingAnswerMs: number;
}

export const defaultGrpcServerLimits: GrpcServerLimits = {
  connectionsMax: 4096,
  connectionsPerPeerMax: 1024,
  handshakeMs: 10_000,
  // A peer that is gone without a word, or that never speaks HTTP/2, is found within 40 s.
  pingAfterMs: 30_000,
  pingAnswerMs: 10_000,
};

export interface GrpcServerOptions {
  /** Names the port in errors. */
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly services: readonly GrpcService[];
  readonly logger: Logger;
  readonly tls?: ServerTls;
  readonly limits?: GrpcServerLimits;
  /**
   * Decides on each call of a connection, by what is known of its other end. Without it every call is served, over TLS to those alone who
   * showed a good certificate.
   */
  readonly guard?: (peer: Peer) => ServerInterceptor;
  /** See every call before the guard does, and its end after it. */
  readonly observers?: readonly ServerInterceptor[];
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

const serverOptions = ({ pingAfterMs, pingAnswerMs }: GrpcServerLimits) => ({
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.keepalive_time_ms': pingAfterMs,
  'grpc.keepalive_timeout_ms': pingAnswerMs,
  'grpc.max_concurrent_streams': 256,
  // Nobody keeps a connection that asks for nothing; clients make a new one unasked.
  'grpc.max_connection_idle_ms': 300_000,
});

/** Throws UnavailableError naming the port that cannot be had, and InvalidInputError for unreadable TLS files. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { name, services, logger, limits = defaultGrpcServerLimits } = options;
  // The library would write on standard error what is thrown or logged here anyway.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server(serverOptions(limits));
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
  const front = new ConnectionFront({
    ...options,
    limits,
    certifiedOnly: options.guard === undefined,
    take: taking(server, options),
  });
  const address = await listenAt(front, options);
  return {
    address,
    setServing(serving) {
      for (const each of names) health.setStatus(each, serving ? 'SERVING' : 'NOT_SERVING');
    },
    async stop(graceMs) {
      const closed = front.stop();
      const cut = setTimeout(() => {
        logger.warn({ port: name }, `calls did not end within ${graceMs} ms: cutting them`);
        server.forceShutdown();
        front.cut();
      }, graceMs);
      server.tryShutdown(() => {});
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Hands connections to the library: those of which the same is known share an injector, with the guard for them. */
function taking(server: Server, { guard, observers = [] }: GrpcServerOptions): (socket: Socket, peer: Peer) => void {
  const injectors = new Map<string, ConnectionInjector>();
  const injectorFor = (peer: Peer): ConnectionInjector => {
    const plain = ServerCredentials.createInsecure();
    // The first is nearest to the caller.
    const interceptors = [...observers, ...(guard === undefined ? [] : [guard(peer)])];
    if (interceptors.length === 0) return server.createConnectionInjector(plain);
    return server.createConnectionInjector(experimental.createServerCredentialsWithInterceptors(plain, interceptors));
  };
  return (socket, peer) => {
    const known = peer.type === 'refused' ? peer.reason : peer.type;
    const injector = injectors.get(known) ?? injectorFor(peer);
    injectors.set(known, injector);
    injector.injectConnection(socket);
  };
}

/**
 * A unary method. The signal aborts when the caller has gone away or its deadline has passed; what the handler throws is
 * answered by statusOfError. The metadata is the call's own, as the guard has passed it on.
 */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal, metadata: Metadata) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new UnavailableError('the caller has gone away')));
    handle(call.request, gone.signal, call.metadata).then(
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
