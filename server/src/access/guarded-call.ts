import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import type { Peer } from '@tdc/shared/connection-front.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { certificateOf } from './authenticator.ts';
import { Caller, type CallerOptions, tooMany } from './caller.ts';
import { setPrincipal } from './principal.ts';
import type { RateTable } from './rate-table.ts';
import { needOf } from './rights.ts';

/** Longer than this nobody is kept waiting for an allowance: the call is refused. */
const waitMsMax = 5000;
const authorizationKey = 'authorization';
const refusedCodes: ReadonlySet<number> = new Set([status.UNAUTHENTICATED, status.PERMISSION_DENIED]);

export interface GuardedCallOptions extends CallerOptions {
  readonly path: string;
  /** Whether its caller sends messages for as long as it likes. */
  readonly takesStream: boolean;
  readonly peer: Peer;
  readonly call: ServerInterceptingCallInterface;
  /** Events by principal. */
  readonly events: RateTable;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onOver: () => void;
}

/** One call: asks who makes it and whether that one may, before anything of it is read, and again while it lasts. */
export class GuardedCall {
  readonly #options: GuardedCallOptions;
  readonly #caller: Caller;
  readonly #over = new AbortController();
  #subject = '';

  constructor(options: GuardedCallOptions) {
    this.#options = options;
    const { call, peer, path } = options;
    const address = call.getConnectionInfo().remoteAddress ?? '';
    const certificate = certificateOf(call.getAuthContext().sslPeerCertificate);
    this.#caller = new Caller(options, path, { peer, address, certificate, authorization: undefined });
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
    await this.#orRefused(() => this.#caller.check(this.#over.signal));
  }

  async #admit(metadata: Metadata, pass: (metadata: Metadata) => void): Promise<void> {
    const [authorization] = metadata.get(authorizationKey);
    metadata.remove(authorizationKey);
    if (authorization !== undefined) this.#caller.shows(String(authorization));
    await this.#orRefused(async () => {
      setPrincipal(metadata, await this.#caller.admit(this.#over.signal));
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
        await this.#caller.check(this.#over.signal);
        await this.#awaitAllowance(count === undefined ? calls : events, Math.max(1, count ?? 1));
      } else if (count !== undefined) {
        this.#caller.expectAllowance(events, count, 'events');
      }
      pass(message);
    });
  }

  async #awaitAllowance(rates: RateTable, amount: number): Promise<void> {
    const key = this.#caller.allowanceKey;
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
    const reason = this.#caller.refusal(error, this.#subject);
    this.#end();
    this.#options.call.sendStatus(statusOfError(reason));
  }

  #ended(code: number, details: string): void {
    if (this.#over.signal.aborted) return;
    if (this.#subject !== '' || refusedCodes.has(code)) this.#caller.tell(this.#subject, code, details);
    this.#end();
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new UnavailableError('the call is over'));
    this.#options.onOver();
  }
}
