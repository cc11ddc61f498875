import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { pinOf } from '@tdc/shared/enrolment-token.ts';
import { AccessError, InvalidInputError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { hostOf } from '@tdc/shared/loopback.ts';
import { collectorFailureOf } from '../collector-failure.ts';

export interface PinnedServer {
  /** host:port */
  readonly address: string;
  /** Of the public key of its authority; see pinOf. */
  readonly pin: Uint8Array;
  readonly nowMs: number;
}

const connectMsMax = 10_000;
const chainMax = 8;

/**
 * The authority of a server, by its pin: asked for on a connection over which nothing is sent. What the server shows besides is checked too,
 * so that what TLS would refuse later is told here in words. Throws AccessError for a server of another authority, which may be somebody
 * between, PreconditionError when this machine's clock is outside the life of the server's certificate, UnavailableError when it cannot be reached.
 */
export async function pinnedAuthority(
  { address, pin, nowMs }: PinnedServer,
  signal: AbortSignal,
): Promise<X509Certificate> {
  const host = hostOf(address).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const [leaf, ...others] = await chainOf({ host, port }, address, signal);
  const authority = others.find(
    ({ ca, publicKey }) => ca && isPinned(publicKey.export({ type: 'spki', format: 'der' }), pin),
  );
  if (
    leaf === undefined ||
    authority === undefined ||
    !leaf.checkIssued(authority) ||
    !leaf.verify(authority.publicKey)
  ) {
    throw new AccessError(
      `the server at ${address} is not of the network that the token is for: somebody may be between this box and the collector, or the network has a new authority; nothing was sent`,
      { field: 'token' },
    );
  }
  expectClock(leaf, nowMs);
  if ((isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) === undefined) {
    throw new InvalidInputError(
      `the server at ${address} has a certificate for other names (${leaf.subjectAltName ?? 'none'}): the token must have one of them`,
      { field: 'token' },
    );
  }
  return authority;
}

const isPinned = (publicKeyDer: Buffer, pin: Uint8Array): boolean => Buffer.from(pinOf(publicKeyDer)).equals(pin);

function expectClock({ validFromDate, validToDate }: X509Certificate, nowMs: number): void {
  if (nowMs >= validFromDate.getTime() && nowMs < validToDate.getTime()) return;
  throw new PreconditionError(
    `the clock of this box says ${new Date(nowMs).toISOString()}, and the server's certificate is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}: set the clock, or renew the server's certificate; nothing was sent`,
    { field: 'clock' },
  );
}

/** The certificates that a server shows, its own first. */
async function chainOf(
  to: { readonly host: string; readonly port: number },
  address: string,
  signal: AbortSignal,
): Promise<readonly X509Certificate[]> {
  const options: ConnectionOptions = {
    ...to,
    ...(isIP(to.host) === 0 ? { servername: to.host } : {}),
    ALPNProtocols: ['h2'],
    // Judged by the pin, below: nothing is sent before.
    rejectUnauthorized: false,
  };
  const socket = connect(options);
  try {
    await connected(socket, AbortSignal.any([signal, AbortSignal.timeout(connectMsMax)]));
    return certificatesOf(socket.getPeerCertificate(true));
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const details = cause instanceof Error ? cause.message : String(cause);
    const known = collectorFailureOf(details);
    throw new UnavailableError(
      known === undefined ? `${address}: ${details}` : `${address}: ${known.found}: ${known.advice}`,
      { cause },
    );
  } finally {
    // In order, so that the server does not take it for one that failed.
    socket.end();
    socket.setTimeout(1000, () => socket.destroy());
  }
}

async function connected(socket: TLSSocket, deadline: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  socket.once('secureConnect', over.resolve);
  socket.once('error', over.reject);
  socket.once('close', () => over.reject(new Error('ECONNRESET')));
  const giveUp = () => over.reject(new Error(`no answer within ${connectMsMax / 1000} s`));
  deadline.addEventListener('abort', giveUp, { once: true });
  try {
    await over.promise;
  } finally {
    deadline.removeEventListener('abort', giveUp);
  }
}

function certificatesOf(own: DetailedPeerCertificate): readonly X509Certificate[] {
  const found: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = own;
  while (next?.raw !== undefined && found.length < chainMax) {
    found.push(new X509Certificate(next.raw));
    // The last one is its own issuer.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return found;
}
