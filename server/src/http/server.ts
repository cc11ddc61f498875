import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  ConnectionFront,
  type ConnectionLimits,
  listenAt,
  type Peer,
  type ServerTls,
} from '@tdc/shared/connection-front.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { type Credentials, certificateOf } from '../access/authenticator.ts';
import type { TileServer } from '../console/tile-server.ts';
import { httpApp } from './app.ts';
import { Connections } from './connections.ts';
import type { HttpContext } from './context.ts';

export interface HttpServerOptions extends HttpContext {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls?: ServerTls;
  readonly limits: ConnectionLimits;
  readonly patience?: Patience;
  /** Behind the map of the console. */
  readonly tiles?: TileServer;
}

/** How long a client is waited for. */
export interface Patience {
  /** Until all headers have come. */
  readonly headersMs: number;
  /** Until it takes more of an answer; longer than the heartbeats of live streams are apart. */
  readonly slowReaderMs: number;
  /** Until the next request on a connection. */
  readonly keepAliveMs: number;
}

const patienceByDefault: Patience = { headersMs: 10_000, slowReaderMs: 30_000, keepAliveMs: 60_000 };
const headerBytesMax = 16 * 1024;
const headersMax = 100;
const lookAtConnectionsEveryMs = 1000;

/** A port with HTTP. */
export interface HttpServer {
  /** Bound address, host:port. */
  readonly address: string;
  /** What readiness answers; not serving at first. */
  setServing(serving: boolean): void;
  /** Takes no more requests, waits for those under way and then cuts the rest. */
  stop(graceMs: number): Promise<void>;
}

/** Throws UnavailableError naming the port that cannot be had, and InvalidInputError for unreadable TLS files. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, tls, logger, patience = patienceByDefault } = options;
  const peers = new WeakMap<Socket, Peer>();
  let isServing = false;
  const app = await httpApp({
    ...options,
    serverFor: (listener) => serverWith(patience).on('request', listener),
    credentialsOf: ({ raw: { socket }, headers }) => credentialsOf(socket, peers.get(socket), headers.authorization),
    isLocal: tls === undefined && isLoopback(host),
    isServing: () => isServing,
    slowReaderMs: patience.slowReaderMs,
  });
  const connections = new Connections();
  const front = new ConnectionFront({
    ...options,
    name: 'http',
    protocols: ['http/1.1'],
    certifiedOnly: false,
    take: (socket, peer) => {
      peers.set(socket, peer);
      connections.add(socket);
      app.server.emit('connection', socket);
    },
  });
  app.server.on('request', ({ socket }, response) => connections.busyWith(socket, response));
  const address = await listenAt(front, { name: 'http', host, port: options.port });
  return {
    address,
    setServing(serving) {
      isServing = serving;
    },
    async stop(graceMs) {
      const closed = front.stop();
      connections.close();
      const cut = setTimeout(() => {
        logger.warn({ port: 'http' }, `requests did not end within ${graceMs} ms: cutting them`);
        front.cut();
      }, graceMs);
      await closed;
      clearTimeout(cut);
      app.server.close();
      await app.close();
    },
  };
}

function serverWith({ headersMs, slowReaderMs, keepAliveMs }: Patience): Server {
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersMs,
    requestTimeout: headersMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: lookAtConnectionsEveryMs,
    noDelay: true,
  });
  server.maxHeadersCount = headersMax;
  // Also of who takes nothing of an answer.
  server.timeout = slowReaderMs;
  // It gets its connections from the front and never listens itself, which is what it begins to look for slow clients at.
  server.emit('listening');
  return server;
}

function credentialsOf(socket: Socket, peer: Peer | undefined, authorization: string | undefined): Credentials {
  if (peer === undefined) throw new Error('a connection came past the front');
  const isCertified = peer.type === 'certified' && socket instanceof TLSSocket;
  const certificate = isCertified ? certificateOf(socket.getPeerCertificate()) : undefined;
  return { peer, address: socket.remoteAddress ?? '', certificate, authorization };
}
