import type { ServerDuplexStream } from '@grpc/grpc-js';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { StreamEventsRequest, StreamEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import type { Principal } from '../access/principal.ts';
import { drained } from '../drain.ts';
import { traced } from '../tracing/tracing.ts';
import { type Recorded, recordBatch } from './accept-events.ts';
import type { CollectorContext } from './context.ts';

/** Batches of one stream that are taken and not yet acknowledged; reading pauses at this number. */
const batchesInFlightMax = 16;

type Call = ServerDuplexStream<StreamEventsRequest, StreamEventsResponse>;
type Outcome =
  | { readonly type: 'recorded'; readonly recorded: Recorded }
  | { readonly type: 'failed'; readonly error: unknown };

/**
 * Takes batches while earlier ones are being committed, and acknowledges them in their order. The first error ends the
 * stream, after the acknowledgements of the batches before it; what came behind it may have been stored without an
 * acknowledgement, and is sent again.
 */
export function streamEvents(context: CollectorContext, sender: Principal, call: Call): void {
  new BatchStream(context, sender, call).start();
}

class BatchStream {
  readonly #context: CollectorContext;
  readonly #sender: Principal;
  readonly #call: Call;
  readonly #gone = new AbortController();
  /** Settles when every batch taken so far is acknowledged, or the stream is over. Never rejects. */
  #settled: Promise<void> = Promise.resolve();
  #inFlight = 0;
  /** `ending`: takes no more batches and acknowledges those it has. */
  #state: 'open' | 'ending' | 'over' = 'open';

  constructor(context: CollectorContext, sender: Principal, call: Call) {
    this.#context = context;
    this.#sender = sender;
    this.#call = call;
  }

  start(): void {
    const { shutdown } = this.#context;
    const endForShutdown = () => this.#finish(() => this.#fail(new UnavailableError('the server is shutting down')));
    this.#call.on('data', (request: StreamEventsRequest) => this.#take(request));
    this.#call.on('end', () => this.#finish(() => this.#call.end()));
    this.#call.on('cancelled', () => {
      this.#state = 'over';
      this.#gone.abort(new UnavailableError('the sender has gone away'));
    });
    this.#call.on('close', () => shutdown.removeEventListener('abort', endForShutdown));
    shutdown.addEventListener('abort', endForShutdown);
    if (shutdown.aborted) endForShutdown();
  }

  #take(request: StreamEventsRequest): void {
    if (this.#state !== 'open') return;
    this.#inFlight++;
    if (this.#inFlight >= batchesInFlightMax) this.#call.pause();
    const outcome = this.#record(request).then(
      (recorded): Outcome => ({ type: 'recorded', recorded }),
      (error: unknown): Outcome => ({ type: 'failed', error }),
    );
    this.#settled = this.#settled.then(async () => this.#settle(request.batch, await outcome));
  }

  /** The stream lasts for days: each batch is a trace of its own. */
  #record({ events }: StreamEventsRequest): Promise<Recorded> {
    return traced(
      this.#context.tracing,
      { name: 'batch of events', kind: 'server', isRoot: true, attributes: { 'tdc.events': events.length } },
      () => recordBatch(this.#context, this.#sender, events, this.#gone.signal),
    );
  }

  async #settle(batch: bigint, outcome: Outcome): Promise<void> {
    if (this.#state === 'over') return;
    if (outcome.type === 'failed') return this.#fail(outcome.error);
    const flowing = this.#call.write({ batch, ...outcome.recorded });
    if (!flowing) await drained(this.#call, this.#gone.signal).catch((error) => this.#fail(error));
    this.#inFlight--;
    this.#call.resume();
  }

  #finish(last: () => void): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    void this.#settled.then(() => {
      if (this.#state === 'over') return;
      last();
      this.#state = 'over';
    });
  }

  #fail(error: unknown): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#call.emit('error', statusOfError(error));
  }
}
