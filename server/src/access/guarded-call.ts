import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import type { Peer } from '@tdc/shared/connection-front.ts';
import { LimitError, TdcError, UnauthenticatedError, UnavailableError } from '@tdc/shared/errors.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { peerNetwork } from '@tdc/shared/peer-network.ts';
import type { Audit } from './audit.ts';
import { type Authenticator, type Credentials, certificateOf } from './authenticator.ts';
import { type Principal, principalText, setPrincipal } from './principal.ts';
import type { RateTable } from './rate-table.ts';
import { needOf, refusalOf } from './rights.ts';

/** Longer than this nobody is kept waiting for an allowance: the call is refused. */
const waitMsMax = 5000;
const authorizationKey = 'authorization';
const refusedCodes: ReadonlySet<number> = new Set([status.UNAUTHENTICATED, status.PERMISSION_DENIED]);

export interface GuardedCallOptions {
  readonly path: string;
  /** Whether its caller sends messages for as long as it likes. */
  readonly takesStream: boolean;
  readonly peer: Peer;
  readonly call: ServerInterceptingCallInterface;
  readonly authenticator: Authenticator;
  readonly audit: Audit;
  /** Calls, and events, by principal. */
  readonly calls: RateTable;
  readonly events: RateTable;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onOver: () => void;
}

/** One call: asks who makes it and whether that one may, before anything of it is read, and again while it lasts. */
export class GuardedCall {
  readonly #options: GuardedCallOptions;
  readonly #address: string;
  readonly #over = new AbortController();
  #credentials: Credentials;
  #principal: Principal | undefined;
  #subject = '';

  constructor(options: GuardedCallOptions) {
    this.#options = options;
    const { call, peer } = options;
    this.#address = call.getConnectionInfo().remoteAddress ?? '';
    const certificate = certificateOf(call.getAuthContext().sslPeerCertificate);
    this.#credentials = { peer, address: this.#address, certificate, authorization: undefined };
  }

  intercepted(): ServerInterceptingCall {
    return new ServerInterceptingCall(this.#options.call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => void this.#admit(metadata, pass),
          onReceiveMessage: (message, pass) => void this.#take(message, pass),
          onCancel: () => this.#end(),
        }),
      sendStatus: ({ code, details, metadata }, send) => {
        this.#ended(code ?? status.UNKNOWN, details ?? '');
        send({ code, details, metadata });
      },
    });
  }

  /** Ends the call if who makes it may not any more. */
  async check(): Promise<void> {
    await this.#orRefused(async () => {
      await this.#identify();
      this.#expectRight();
    });
  }

  async #admit(metadata: Metadata, pass: (metadata: Metadata) => void): Promise<void> {
    const [authorization] = metadata.get(authorizationKey);
    metadata.remove(authorizationKey);
    if (authorization !== undefined) this.#credentials = { ...this.#credentials, authorization: String(authorization) };
    await this.#orRefused(async () => {
      const principal = await this.#identify();
      this.#expectAllowance(this.#options.calls, 1, 'calls');
      this.#expectRight();
      setPrincipal(metadata, principal);
      pass(metadata);
    });
  }

  /** Messages of a stream wait for their allowance, by which reading pauses; a single one is refused. */
  async #take(message: unknown, pass: (message: unknown) => void): Promise<void> {
    const { path, takesStream, calls, events } = this.#options;
    await this.#orRefused(async () => {
      const need = needOf(path);
      if (need !== undefined && 'subject' in need && need.subject !== undefined) this.#subject = need.subject(message);
      const count = need?.who === 'detector' ? need.events?.(message) : undefined;
      if (takesStream) {
        await this.#identify();
        this.#expectRight();
        await this.#awaitAllowance(count === undefined ? calls : events, Math.max(1, count ?? 1));
      } else if (count !== undefined) {
        this.#expectAllowance(events, count, 'events');
      }
      pass(message);
    });
  }

  async #identify(): Promise<Principal> {
    const principal = await this.#options.authenticator.identify(this.#credentials, this.#over.signal);
    this.#principal = principal;
    return principal;
  }

  #expectRight(): void {
    const refusal = this.#principal === undefined ? undefined : refusalOf(this.#options.path, this.#principal);
    if (refusal !== undefined) throw refusal;
  }

  /** What allowances are kept by; undefined for who needs none. */
  #allowanceKey(): string | undefined {
    if (this.#principal === undefined || this.#principal.type === 'local') return undefined;
    if (this.#principal.type === 'nobody') return `nobody at ${peerNetwork(this.#address)}`;
    return this.#principal.type === 'operator' ? this.#principal.tokenId : principalText(this.#principal);
  }

  #expectAllowance(rates: RateTable, amount: number, what: string): void {
    const key = this.#allowanceKey();
    const waitMs = key === undefined ? 0 : rates.take(key, amount);
    if (waitMs > 0) throw tooMany(what, waitMs);
  }

  async #awaitAllowance(rates: RateTable, amount: number): Promise<void> {
    const key = this.#allowanceKey();
    const waitMs = key === undefined ? 0 : rates.borrow(key, amount, waitMsMax);
    if (waitMs > waitMsMax) throw tooMany('messages', waitMs - waitMsMax);
    if (waitMs > 0) await this.#options.sleep(waitMs, this.#over.signal);
  }

  async #orRefused(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#over.signal.aborted) this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    const { call, authenticator } = this.#options;
    const reason = error instanceof UnauthenticatedError ? authenticator.failure(error, this.#address) : error;
    const answer = statusOfError(reason);
    if (reason instanceof TdcError && !(reason instanceof UnavailableError)) this.#tell(answer.code, answer.details);
    this.#end();
    call.sendStatus(answer);
  }

  #ended(code: number, details: string): void {
    if (this.#over.signal.aborted) return;
    if (this.#subject !== '' || refusedCodes.has(code)) this.#tell(code, details);
    this.#end();
  }

  #tell(code: number, details: string): void {
    const { audit, path } = this.#options;
    audit.tell({ path, principal: this.#principal, address: this.#address, subject: this.#subject, code, details });
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new UnavailableError('the call is over'));
    this.#options.onOver();
  }
}

const tooMany = (what: string, retryAfterMs: number): LimitError =>
  new LimitError(`too many ${what} from this caller: expected fewer, or a wait`, { retryAfterMs });
