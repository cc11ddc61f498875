import type { ServiceError } from '@grpc/grpc-js';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { StreamEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { errorOfStatus } from '@tdc/shared/grpc-status.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { type ClientContext, withService } from './context.ts';

const batchesInFlightMax = 8;
/** Different reasons that are told apart; a reason can name a time and so be new every time. */
const rejectionsMax = 10;

type StreamState =
  | { readonly type: 'open' }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly error: unknown };

/** One stream of events to the collector. */
export class EventSender implements Disposable {
  readonly #context: ClientContext;
  readonly #call: ReturnType<ClientContext['collector']['streamEvents']>;
  /** Events. */
  sent = 0;
  /** Of these, acknowledged as recorded. */
  recorded = 0;
  /** And the others that were acknowledged, by reason. */
  readonly rejections = new Map<string, number>();
  #batches = 0n;
  #inFlight = 0;
  #state: StreamState = { type: 'open' };
  /** Resolves at the next answer, or the end. */
  #changed = Promise.withResolvers<void>();
  readonly #wake = (): void => {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  };

  /** The stream as a whole is over at the deadline. */
  constructor(context: ClientContext, deadlineMs: number) {
    this.#context = context;
    this.#call = context.collector.streamEvents({ deadline: deadlineMs });
    context.signal.addEventListener('abort', this.#wake);
    this.#call.on('data', (response: StreamEventsResponse) => this.#take(response));
    this.#call.on('end', () => this.#become({ type: 'ended' }));
    this.#call.on('error', (error: ServiceError) =>
      this.#become({ type: 'failed', error: withService(errorOfStatus(error), context.config, 'collector') }),
    );
  }

  get rejected(): number {
    return this.rejections.values().reduce((sum, count) => sum + count, 0);
  }

  /** Sends a batch, at most 1000 events, as soon as the collector has acknowledged enough of those before; not when aborted. */
  async send(events: readonly DetectionEvent[]): Promise<void> {
    const { signal } = this.#context;
    while (this.#inFlight >= batchesInFlightMax && !signal.aborted) await this.#change();
    this.#throwIfFailed();
    if (signal.aborted) return;
    this.#inFlight++;
    this.sent += events.length;
    this.#call.write({ batch: this.#batches++, events: events.map(eventToWire) });
  }

  /** Resolves when everything is acknowledged. */
  async finish(): Promise<void> {
    const late = setTimeout(() => this.#call.cancel(), this.#context.config.timeoutMs);
    this.#call.end();
    try {
      while (this.#state.type === 'open') await this.#change();
      this.#throwIfFailed();
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.dispose](): void {
    this.#context.signal.removeEventListener('abort', this.#wake);
    this.#call.cancel();
  }

  #take({ recorded, rejected }: StreamEventsResponse): void {
    this.#inFlight--;
    this.recorded += recorded;
    for (const { field, message } of rejected) {
      const reason = this.rejections.size < rejectionsMax ? `${field}: ${message}` : 'other reasons';
      this.rejections.set(reason, (this.rejections.get(reason) ?? 0) + 1);
    }
    this.#wake();
  }

  #become(state: StreamState): void {
    if (this.#state.type !== 'failed') this.#state = state;
    this.#wake();
  }

  async #change(): Promise<void> {
    this.#throwIfFailed();
    await this.#changed.promise;
  }

  #throwIfFailed(): void {
    if (this.#state.type === 'failed') throw this.#state.error;
  }
}
