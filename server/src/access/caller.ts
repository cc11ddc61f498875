import { LimitError, TdcError, UnauthenticatedError, UnavailableError } from '@tdc/shared/errors.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { peerNetwork } from '@tdc/shared/peer-network.ts';
import type { Audit } from './audit.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { type Principal, principalText } from './principal.ts';
import type { RateTable } from './rate-table.ts';
import { refusalOf } from './rights.ts';

/** What all callers are asked by. */
export interface CallerOptions {
  readonly authenticator: Authenticator;
  readonly audit: Audit;
  /** Calls by principal. */
  readonly calls: RateTable;
}

/** Who makes one call: whether that one may, and may as often. */
export class Caller {
  /** What is called, as rights.ts names it. */
  readonly path: string;
  readonly #options: CallerOptions;
  #credentials: Credentials;
  #principal: Principal | undefined;

  constructor(options: CallerOptions, path: string, credentials: Credentials) {
    this.#options = options;
    this.path = path;
    this.#credentials = credentials;
  }

  /** Takes the secret that came with the call. */
  shows(authorization: string): void {
    this.#credentials = { ...this.#credentials, authorization };
  }

  /** Who it is. Throws what refusal() is to be asked about, before anything is done for the caller. */
  async admit(signal: AbortSignal): Promise<Principal> {
    const principal = await this.#identify(signal);
    this.expectAllowance(this.#options.calls, 1, 'calls');
    this.#expectRight(principal);
    return principal;
  }

  /** Asks again, as a call may last longer than the right to it. Throws as admit() does. */
  async check(signal: AbortSignal): Promise<void> {
    this.#expectRight(await this.#identify(signal));
  }

  /** Who it is, once admit() has asked. */
  get principal(): Principal {
    if (this.#principal === undefined) throw new Error('nobody was asked who calls');
    return this.#principal;
  }

  /** What allowances are kept by; undefined for who needs none. */
  get allowanceKey(): string | undefined {
    if (this.#principal === undefined || this.#principal.type === 'local') return undefined;
    if (this.#principal.type === 'nobody') return `nobody at ${peerNetwork(this.#credentials.address)}`;
    return this.#principal.type === 'operator' ? this.#principal.tokenId : principalText(this.#principal);
  }

  expectAllowance(rates: RateTable, amount: number, what: string): void {
    const key = this.allowanceKey;
    const waitMs = key === undefined ? 0 : rates.take(key, amount);
    if (waitMs > 0) throw tooMany(what, waitMs);
  }

  /** What to answer for what admit() or check() threw; counts it, and tells the audit. */
  refusal(error: unknown, subject = ''): unknown {
    const { authenticator } = this.#options;
    const reason =
      error instanceof UnauthenticatedError ? authenticator.failure(error, this.#credentials.address) : error;
    if (reason instanceof TdcError && !(reason instanceof UnavailableError)) {
      const { code, details } = statusOfError(reason);
      this.tell(subject, code, details);
    }
    return reason;
  }

  /** Writes the call into the audit, as it ended. */
  tell(subject: string, code: number, details: string): void {
    const { path } = this;
    this.#options.audit.tell({
      path,
      principal: this.#principal,
      address: this.#credentials.address,
      subject,
      code,
      details,
    });
  }

  async #identify(signal: AbortSignal): Promise<Principal> {
    const principal = await this.#options.authenticator.identify(this.#credentials, signal);
    this.#principal = principal;
    return principal;
  }

  #expectRight(principal: Principal): void {
    const refusal = refusalOf(this.path, principal);
    if (refusal !== undefined) throw refusal;
  }
}

export const tooMany = (what: string, retryAfterMs: number): LimitError =>
  new LimitError(`too many ${what} from this caller: expected fewer, or a wait`, { retryAfterMs });
