import type { ServerInterceptor } from '@grpc/grpc-js';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Peer } from '@tdc/shared/connection-front.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { Audit } from './audit.ts';
import { Authenticator, type AuthenticatorOptions, type Credentials } from './authenticator.ts';
import { Caller } from './caller.ts';
import { GuardedCall } from './guarded-call.ts';
import type { KnownTokens } from './known-tokens.ts';
import { RateTable } from './rate-table.ts';

/** How long a stream on which nothing comes may outlive a revocation that this server knows of. */
const checkEveryMs = 2000;
const burstSeconds = 10;

export interface CallRates {
  /** Calls a second of one principal, over ten seconds. */
  readonly callsPerSecond: number;
  /** Events a second of one detector, over ten seconds. */
  readonly eventsPerSecond: number;
}

export interface GuardOptions {
  readonly tokens: KnownTokens;
  /** See Authenticator. */
  readonly isRevoked: AuthenticatorOptions['isRevoked'];
  readonly rates: CallRates;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A call that may last longer than the right to it. */
interface LastingCall {
  /** Ends the call if who makes it may not any more. */
  check(): Promise<void>;
}

/** Lets through the calls of those who may make them; see rights.ts. */
export class Guard {
  readonly #clock: Clock;
  readonly #shared: Pick<
    ConstructorParameters<typeof GuardedCall>[0],
    'authenticator' | 'audit' | 'calls' | 'events' | 'sleep'
  >;
  readonly #streams = new Set<LastingCall>();

  constructor(options: GuardOptions) {
    const { clock, logger, rates } = options;
    this.#clock = clock;
    const rateOf = (perSecond: number) => new RateTable({ perSecond, burst: perSecond * burstSeconds }, clock);
    this.#shared = {
      authenticator: new Authenticator(options),
      audit: new Audit(logger, clock),
      calls: rateOf(rates.callsPerSecond),
      events: rateOf(rates.eventsPerSecond),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
  }

  /** For the calls of connections whose other end is known so far. */
  readonly interceptorFor =
    (peer: Peer): ServerInterceptor =>
    ({ path, requestStream, responseStream }, call) => {
      const guarded = new GuardedCall({
        ...this.#shared,
        path,
        takesStream: requestStream,
        peer,
        call,
        onOver: () => this.#streams.delete(guarded),
      });
      if (requestStream || responseStream) this.#streams.add(guarded);
      return guarded.intercepted();
    };

  /** For a call that came by another way than gRPC. */
  callerOf(path: string, credentials: Credentials): Caller {
    return new Caller(this.#shared, path, credentials);
  }

  /** Asks again of such a call while it lasts, until disposed of. */
  keepChecking(call: LastingCall): Disposable {
    this.#streams.add(call);
    return { [Symbol.dispose]: () => void this.#streams.delete(call) };
  }

  /** Ends streams whose caller may not go on, until the signal. */
  async watchStreams(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(checkEveryMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      for (const stream of this.#streams) await stream.check();
    }
  }
}
