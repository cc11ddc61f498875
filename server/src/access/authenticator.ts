import type { PeerCertificate } from 'node:tls';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Peer } from '@tdc/shared/connection-front.ts';
import { LimitError, type TdcError, UnauthenticatedError } from '@tdc/shared/errors.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { peerNetwork } from '@tdc/shared/peer-network.ts';
import { type CertificateIdentity, certificateIdentity } from './certificate.ts';
import type { KnownTokens } from './known-tokens.ts';
import type { Principal } from './principal.ts';
import { RateTable } from './rate-table.ts';
import { isToken } from './token.ts';

/** Failed authentications of one peer address: half a minute's worth at once, then one a second. */
const failures = { perSecond: 1, burst: 30 } as const;

/** What a call shows of who makes it. */
export interface Credentials {
  readonly peer: Peer;
  readonly address: string;
  readonly certificate: CertificateIdentity | undefined;
  /** The metadata `authorization`, a secret. */
  readonly authorization: string | undefined;
}

export const certificateOf = (shown: PeerCertificate | undefined): CertificateIdentity | undefined =>
  shown === undefined ? undefined : certificateIdentity(shown);

export interface AuthenticatorOptions {
  readonly tokens: KnownTokens;
  /** Whether a certificate of the authority was taken back. */
  readonly isRevoked: (certificate: CertificateIdentity, signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
}

/** Finds out who makes a call. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #failures: RateTable;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#failures = new RateTable(failures, options.clock);
  }

  /** Throws UnauthenticatedError for a certificate or token that is no good. A token decides where both are shown. */
  async identify(credentials: Credentials, signal: AbortSignal): Promise<Principal> {
    const { peer, address, authorization, certificate } = credentials;
    if (peer.type === 'refused') throw new UnauthenticatedError(peer.reason);
    if (peer.type === 'plaintext') {
      if (authorization === undefined || isLoopback(address.replace(/^::ffff:/, ''))) return { type: 'local' };
      throw new UnauthenticatedError(
        'a token came in plain text: whoever listens on the way has it now. Revoke it, and use TLS',
        { field: 'authorization' },
      );
    }
    if (certificate !== undefined) await this.#expectValid(certificate, signal);
    if (authorization !== undefined) return this.#operator(authorization, address);
    if (certificate?.detectorId === undefined) return { type: 'nobody' };
    return { type: 'detector', detectorId: certificate.detectorId, serial: certificate.serial };
  }

  /**
   * Counts a failed authentication against its address. What to answer: the failure, or LimitError when the address has had too
   * many.
   */
  failure(error: TdcError, address: string): TdcError {
    const waitMs = this.#failures.take(peerNetwork(address));
    return waitMs === 0 ? error : tooManyFailures(waitMs);
  }

  /** A connection may last longer than the certificate that it began with. */
  async #expectValid(certificate: CertificateIdentity, signal: AbortSignal): Promise<void> {
    const { clock, isRevoked } = this.#options;
    if (!(certificate.validToMs > clock.nowMs()))
      throw new UnauthenticatedError('the certificate that was shown has expired');
    if (await isRevoked(certificate, signal))
      throw new UnauthenticatedError('the certificate that was shown is revoked');
  }

  async #operator(authorization: string, address: string): Promise<Principal> {
    const { tokens, clock } = this.#options;
    const text = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    if (!isToken(text)) {
      throw refusal('it is malformed; expected `Bearer ` and what `tdc token create` printed, which begins with tdc_');
    }
    // Who guesses does not reach the repository; who has a good token from the same address still does.
    const waitMs = tokens.has(text) ? 0 : this.#failures.waitMs(peerNetwork(address));
    if (waitMs > 0) throw tooManyFailures(waitMs);
    const token = await tokens.find(text);
    if (token === undefined) throw refusal('there is no such token');
    if (token.revokedAtMs !== undefined) throw refusal(`it was revoked at ${isoTime(token.revokedAtMs)}`);
    if (token.expiresAtMs <= clock.nowMs()) throw refusal(`it expired at ${isoTime(token.expiresAtMs)}`);
    tokens.noteUse(token);
    return { type: 'operator', name: token.name, role: token.role, tokenId: token.id };
  }
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

const refusal = (why: string): UnauthenticatedError =>
  new UnauthenticatedError(`the token is refused: ${why}`, { field: 'authorization' });

const tooManyFailures = (waitMs: number): LimitError =>
  new LimitError('too many failed authentications from this address: wait, and look at the token or certificate', {
    retryAfterMs: waitMs,
  });
