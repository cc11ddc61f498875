import { constants } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { watchFiles } from './changing-files.ts';
import { systemClock } from './clock.ts';
import { InvalidInputError, UnavailableError } from './errors.ts';
import type { Logger } from './logger.ts';
import { peerNetwork } from './peer-network.ts';
import { readCertificates, readKeyPair } from './pem-file.ts';
import { SparingLog } from './sparing-log.ts';

/** PEM files of a server, and the authority of its clients' certificates. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

/** What one port bears. */
export interface ConnectionLimits {
  /** Open connections. */
  readonly connectionsMax: number;
  /** Of them, those of one IPv4 address or one /64 network. */
  readonly connectionsPerPeerMax: number;
  /** How long a client may take to agree on TLS. */
  readonly handshakeMs: number;
}

/** How far a connection's other end is known. */
export type Peer =
  | { readonly type: 'plaintext' }
  /** TLS, and it showed no certificate. */
  | { readonly type: 'anonymous' }
  /** TLS with a certificate that is the authority's, valid now, and for clients. */
  | { readonly type: 'certified' }
  /** TLS with a certificate that is not: the reason is for the client. */
  | { readonly type: 'refused'; readonly reason: string };

export interface ConnectionFrontOptions {
  /** Names the port in the log. */
  readonly name: string;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly tls?: ServerTls;
  /** What is spoken on a connection, for TLS to agree on; HTTP/2 when it is not said. */
  readonly protocols?: readonly string[];
  /** Whether TLS is agreed on with those alone who show a good certificate. */
  readonly certifiedOnly: boolean;
  /** Gets each connection that may talk. */
  readonly take: (socket: Socket, peer: Peer) => void;
}

const logIntervalMs = 10_000;
const lookAtFilesEveryMs = 5000;
/** A resumed session would bring a certificate that is not checked again. */
const tlsVersions = { minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET } as const;

/** What OpenSSL says of a certificate, for who has shown it. */
const faults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet; look at the clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, not by the authority of this network',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is not of the authority of this network',
  UNABLE_TO_GET_ISSUER_CERT: 'it is not of the authority of this network',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is not of the authority of this network',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is not of the authority of this network',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  INVALID_PURPOSE: 'it is not for clients (extended key usage clientAuth)',
};

/**
 * Accepts a port's connections, as many as its limits allow, agrees with each on TLS, and hands it on with what its certificate is
 * worth. A client may come without one; one that it shows is checked in full.
 */
export class ConnectionFront {
  readonly #options: ConnectionFrontOptions;
  readonly #tls: TlsServer | undefined;
  readonly #tlsFiles: Disposable | undefined;
  readonly #listeners: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Those handed on. */
  readonly #taken = new Set<Socket>();
  #onTakenClosed: () => void = () => {};
  readonly #perPeer = new Map<string, number>();
  readonly #log = new SparingLog(systemClock, logIntervalMs);

  /** Throws InvalidInputError for unreadable TLS files. */
  constructor(options: ConnectionFrontOptions) {
    this.#options = options;
    const { tls } = options;
    if (tls === undefined) return;
    const server = this.#tlsServer(tls);
    this.#tls = server;
    const files = [tls.certFile, tls.keyFile, tls.clientCaFile];
    this.#tlsFiles = watchFiles(files, lookAtFilesEveryMs, () => this.#renewTls(server, tls));
  }

  /** Listens on every address of the host; resolves to the port. Throws when none can be had. */
  async listen(host: string, port: number): Promise<number> {
    let bound = port;
    let failure: unknown;
    for (const { address } of await lookup(host, { all: true })) {
      try {
        bound = await this.#listenOn(address, bound);
      } catch (error) {
        // A name can have an address of a kind that this machine does not speak.
        failure ??= error;
      }
    }
    if (this.#listeners.length === 0) throw failure;
    return bound;
  }

  /** Takes no more connections; resolves when all that were handed on are closed, and drops the rest. */
  async stop(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#tls?.close();
    this.#tlsFiles?.[Symbol.dispose]();
    await new Promise<void>((resolve) => {
      this.#onTakenClosed = () => {
        if (this.#taken.size === 0) resolve();
      };
      this.#onTakenClosed();
    });
    this.cut();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #listenOn(host: string, port: number): Promise<number> {
    const listener = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ host, port }, () => {
        listener.removeListener('error', reject);
        resolve();
      });
    });
    listener.on('error', (error) => this.#options.logger.error({ err: error, port: this.#options.name }, 'accepting'));
    this.#listeners.push(listener);
    return (listener.address() as AddressInfo).port;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const peer = peerNetwork(socket.remoteAddress ?? '');
    const reached = this.#limitReached(peer);
    if (reached !== undefined) {
      socket.destroy();
      this.#tellOf(`connection refused: ${reached}`, peer);
      return;
    }
    this.#sockets.add(socket);
    this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1);
    socket.once('close', () => this.#forget(socket, peer));
    if (this.#tls === undefined) this.#take(socket, { type: 'plaintext' });
    else this.#tls.emit('connection', socket);
  }

  #take(socket: Socket, peer: Peer): void {
    this.#taken.add(socket);
    socket.once('close', () => {
      this.#taken.delete(socket);
      this.#onTakenClosed();
    });
    this.#options.take(socket, peer);
  }

  #limitReached(peer: string): string | undefined {
    const { connectionsMax, connectionsPerPeerMax } = this.#options.limits;
    if (this.#sockets.size >= connectionsMax) return `${connectionsMax} are open (limits.connections_max)`;
    if ((this.#perPeer.get(peer) ?? 0) < connectionsPerPeerMax) return undefined;
    return `${connectionsPerPeerMax} of this address are open (limits.connections_per_address_max)`;
  }

  #forget(socket: Socket, peer: string): void {
    this.#sockets.delete(socket);
    const left = (this.#perPeer.get(peer) ?? 1) - 1;
    if (left === 0) this.#perPeer.delete(peer);
    else this.#perPeer.set(peer, left);
  }

  #tlsServer(tls: ServerTls): TlsServer {
    const server = createTlsServer({
      ...readTls(tls),
      ...tlsVersions,
      ALPNProtocols: [...(this.#options.protocols ?? ['h2'])],
      requestCert: true,
      rejectUnauthorized: this.#options.certifiedOnly,
      handshakeTimeout: this.#options.limits.handshakeMs,
    });
    server.on('secureConnection', (socket) => {
      socket.on('error', () => socket.destroy());
      this.#take(socket, peerOf(socket));
    });
    server.on('tlsClientError', (error, socket) => {
      this.#tellOf(`no TLS was agreed on: ${error.message}`, peerNetwork(socket.remoteAddress ?? ''));
      socket.destroy();
    });
    return server;
  }

  /** New connections get what the files say now; files that do not fit, as between two that are replaced, change nothing. */
  #renewTls(server: TlsServer, tls: ServerTls): void {
    const { logger, name } = this.#options;
    try {
      server.setSecureContext({ ...readTls(tls), ...tlsVersions });
      logger.info({ port: name }, 'the files of TLS have changed: new connections get the new certificate');
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      logger.error(
        { port: name, err: error },
        'the files of TLS have changed and are no good: the old ones stay in use',
      );
    }
  }

  #tellOf(what: string, peer: string): void {
    const { logger, name } = this.#options;
    this.#log.tell((untold) => logger.warn({ port: name, peer, ...(untold > 0 ? { more_before: untold } : {}) }, what));
  }
}

/** Begins to listen; the bound address, host:port. Throws UnavailableError naming the port that cannot be had. */
export async function listenAt(
  front: ConnectionFront,
  { name, host, port }: { readonly name: string; readonly host: string; readonly port: number },
): Promise<string> {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  try {
    return `${bracketed}:${await front.listen(host, port)}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UnavailableError(`cannot listen on ${bracketed}:${port} for ${name}: ${why}`, { cause: error });
  }
}

function readTls({ certFile, keyFile, clientCaFile }: ServerTls) {
  const pair = readKeyPair({ option: 'tls.cert', file: certFile }, { option: 'tls.key', file: keyFile });
  return { ...pair, ca: readCertificates({ option: 'tls.client_ca', file: clientCaFile }) };
}

function peerOf(socket: TLSSocket): Peer {
  if (socket.getPeerX509Certificate() === undefined) return { type: 'anonymous' };
  if (socket.authorized) return { type: 'certified' };
  // Typed as an error, it is OpenSSL's name of one.
  const code = String(socket.authorizationError);
  return { type: 'refused', reason: `the certificate that was shown is refused: ${faults[code] ?? code}` };
}
