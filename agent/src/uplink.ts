import { connectivityState, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type BackoffPolicy, backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import type { CollectorServiceClient, RejectedEvent } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { Pulse } from '@tdc/shared/pulse.ts';
import type { Outbox } from './outbox.ts';
import { UplinkSession } from './uplink-session.ts';

/** The connection to the collector, which other services of its port are reached over too. */
export type UplinkChannel = ReturnType<CollectorServiceClient['getChannel']>;

/** What the uplink is doing. */
export type UplinkState =
  | { readonly type: 'idle' }
  | { readonly type: 'connecting' }
  | { readonly type: 'connected' }
  /** The last try failed; the next begins at a time of the monotonic clock. */
  | { readonly type: 'waiting'; readonly untilMs: number };

export interface UplinkOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: () => number;
  /** A client with a channel of its own: there is a new one after each failure, because a dead one can look alive. */
  readonly connect: () => CollectorServiceClient;
  readonly toError: (error: ServiceError) => TdcError;
  readonly backoff: BackoffPolicy;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  /** How long acknowledgements under way are waited for at the end. */
  readonly finishTimeoutMs: number;
  readonly status: () => AgentStatus;
  readonly statusIntervalMs: number;
  /** What else the centre is asked after each report, over the same connection; it tells its failures itself. */
  readonly alongside?: (channel: UplinkChannel, signal: AbortSignal) => Promise<void>;
  readonly onConnected: () => void;
  /** A try has failed; the next begins after `waitMs`. */
  readonly onFailed: (error: Error, waitMs: number) => void;
  /** The collector has acknowledged a status. */
  readonly onReported?: () => void;
  readonly onStatusRefused: (error: Error) => void;
  /** The collector refused some events of a batch for good. */
  readonly onRejected: (rejected: readonly RejectedEvent[], firstId: string) => void;
  /** Acknowledged events have left the outbox. */
  readonly onSettled: () => void;
}

export const uplinkTimes = { connectTimeoutMs: 10_000, ackTimeoutMs: 30_000, finishTimeoutMs: 5000 } as const;
const statusTimeoutMs = 10_000;
/** A connection that lasted this long was a good one, even if there was nothing to send. */
const healthyMs = 60_000;

/** Sends what is in the outbox to the collector, for ever: every failure is waited out and tried again. */
export class Uplink {
  /** It connects, tells its status, or waits for the next try. */
  readonly pulse: Pulse;
  readonly #options: UplinkOptions;
  #state: UplinkState = { type: 'idle' };
  #session: UplinkSession | undefined;
  /** Failures since events were last acknowledged. */
  #failures = 0;
  #connectedAtMs = 0;
  #lastAcknowledgedMs: number | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.pulse = new Pulse('sending', options.clock);
  }

  get state(): UplinkState {
    return this.#state;
  }

  /** Unix milliseconds; undefined while nothing was acknowledged. */
  get lastAcknowledgedMs(): number | undefined {
    return this.#lastAcknowledgedMs;
  }

  /** There may be new events in the outbox. */
  wake(): void {
    this.#session?.wake();
  }

  /** Begins a new connection, once what is under way on the present one is acknowledged: the certificate has changed. */
  reconnect(): void {
    this.#session?.finish();
  }

  /** Runs until aborted; what was sent by then is waited for, as long as `finishTimeoutMs`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, backoff, connectTimeoutMs, onFailed } = this.#options;
    while (!signal.aborted) {
      try {
        this.#state = { type: 'connecting' };
        this.pulse.beat(connectTimeoutMs);
        await this.#connection(signal);
      } catch (error) {
        if (signal.aborted) break;
        const failure = this.#failureOf(error);
        if (this.#state.type === 'connected' && clock.monotonicMs() - this.#connectedAtMs >= healthyMs)
          this.#failures = 0;
        // A collector that is asked too much says when to come again; it decides no more than that.
        const askedMs = Math.min(failure.retryAfterMs, backoff.maxMs);
        const waitMs = Math.max(askedMs, backoffMs(backoff, this.#failures, random));
        this.#failures += 1;
        this.#state = { type: 'waiting', untilMs: clock.monotonicMs() + waitMs };
        onFailed(failure, waitMs);
        this.pulse.beat(waitMs);
        await clock.sleep(waitMs, signal).catch((reason: unknown) => {
          if (!signal.aborted) throw reason;
        });
      }
    }
    this.#state = { type: 'idle' };
    this.pulse.rest();
  }

  /** One connection, from its beginning to its failure, or to its orderly end once aborted. */
  async #connection(signal: AbortSignal): Promise<void> {
    const { outbox, clock, connect, toError, ackTimeoutMs, onConnected, onRejected, onSettled } = this.#options;
    const client = connect();
    const over = new AbortController();
    try {
      const stream = client.streamEvents();
      await this.#ready(client, new Promise((_, reject) => stream.once('error', reject)), signal);
      const session = new UplinkSession({
        outbox,
        stream,
        ackTimeoutMs,
        toError,
        onAcknowledged: () => {
          this.#failures = 0;
          this.#lastAcknowledgedMs = clock.nowMs();
        },
        onSettled,
        onRejected,
      });
      this.#session = session;
      this.#state = { type: 'connected' };
      this.#connectedAtMs = clock.monotonicMs();
      onConnected();
      const stopWaiting = this.#finishWhenAborted(session, signal);
      await Promise.race([session.run(), this.#reportStatus(client, over.signal)]).finally(stopWaiting);
    } finally {
      this.#session = undefined;
      over.abort();
      client.close();
    }
  }

  /** Waits for the channel; rejects with the reason of the stream's failure, at the deadline, or when aborted. */
  async #ready(client: CollectorServiceClient, streamFailed: Promise<never>, signal: AbortSignal): Promise<void> {
    const { clock, connectTimeoutMs } = this.#options;
    const untilMs = clock.monotonicMs() + connectTimeoutMs;
    const channel = client.getChannel();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const ready = async () => {
      for (let state = channel.getConnectivityState(true); state !== connectivityState.READY; ) {
        // By a clock that may be set meanwhile: the deadline is good for the next wait alone.
        const deadline = Date.now() + untilMs - clock.monotonicMs();
        await new Promise<void>((resolve, reject) =>
          channel.watchConnectivityState(state, deadline, (error) =>
            error === undefined
              ? resolve()
              : reject(new UnavailableError(`no connection within ${connectTimeoutMs} ms`, { cause: error })),
          ),
        );
        // A channel that was closed meanwhile and is asked to connect resolves its target's name for ever.
        if (channel.getConnectivityState(false) === connectivityState.SHUTDOWN) return;
        state = channel.getConnectivityState(true);
      }
    };
    try {
      signal.throwIfAborted();
      await Promise.race([ready(), streamFailed, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #finishWhenAborted(session: UplinkSession, signal: AbortSignal): () => void {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      session.finish();
      timer = setTimeout(() => session.abandon(), this.#options.finishTimeoutMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    };
  }

  /** Tells the centre how the agent is, at once and then at each interval; a refusal is told and does no harm. */
  async #reportStatus(client: CollectorServiceClient, signal: AbortSignal): Promise<never> {
    const { clock, toError, status, statusIntervalMs, alongside, onReported, onStatusRefused } = this.#options;
    for (;;) {
      const deadline = Date.now() + statusTimeoutMs;
      this.pulse.beat(statusTimeoutMs);
      await new Promise<void>((resolve) =>
        client.reportStatus({ status: status() }, new Metadata(), { deadline }, (error) => {
          if (error === null) onReported?.();
          else if (!signal.aborted) onStatusRefused(toError(error));
          resolve();
        }),
      );
      await alongside?.(client.getChannel(), signal);
      this.pulse.beat(statusIntervalMs);
      await clock.sleep(statusIntervalMs, signal);
    }
  }

  /** Only what the other side or the disk can cause is waited out; anything else is a fault of ours, and told as such. */
  #failureOf(error: unknown): TdcError {
    if (error instanceof TdcError) return error;
    if (isServiceError(error)) return this.#options.toError(error);
    throw error;
  }
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
