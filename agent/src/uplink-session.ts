import { setTimeout as wait } from 'node:timers/promises';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { type TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import type {
  RejectedEvent,
  StreamEventsRequest,
  StreamEventsResponse,
} from '@tdc/shared/generated/tdc/v1/collector.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import type { Outbox } from './outbox.ts';
import { type Lanes, nextBatch, startLanes } from './uplink-lanes.ts';

/** At most 256 bytes each on the wire, so that a batch stays under 256 KiB by its number alone. */
export const batchEventsMax = 256;
export const batchesInFlightMax = 4;
/** Acknowledgements are settled together: a commit costs the disk the same for one batch as for many. */
const settleBatchesMax = 4;
const settleAfterMs = 50;
/** How long the collector may take to close a stream that has ended in order. */
const closeTimeoutMs = 1000;

export interface SessionOptions {
  readonly outbox: Outbox;
  readonly stream: ClientDuplexStream<StreamEventsRequest, StreamEventsResponse>;
  readonly ackTimeoutMs: number;
  readonly toError: (error: ServiceError) => TdcError;
  /** The collector has acknowledged a batch. */
  readonly onAcknowledged: () => void;
  /** Acknowledged events have left the outbox. */
  readonly onSettled: () => void;
  /** The collector refused some events of a batch for good. */
  readonly onRejected: (rejected: readonly RejectedEvent[], firstId: string) => void;
}

interface Batch {
  readonly number: bigint;
  readonly seqs: readonly number[];
  readonly ids: readonly string[];
}

/**
 * One stream of events to the collector: fills it from the outbox, and settles what is acknowledged. Ends by an error of
 * the stream, of the outbox or of the wait for an acknowledgement, or by `finish`.
 */
export class UplinkSession {
  readonly #options: SessionOptions;
  readonly #ended = Promise.withResolvers<void>();
  #state: 'filling' | 'finishing' | 'ended' = 'filling';
  #lanes: Lanes;
  #batchNumber = 0n;
  /** Sent and not acknowledged, in the order of sending. */
  readonly #inFlight: Batch[] = [];
  #acknowledged: number[] = [];
  #rejected: number[] = [];
  #batchesToSettle = 0;
  #ackTimer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#lanes = startLanes(options.outbox.lastSeq());
  }

  /** Sends until the session ends; rejects with why it did, resolves after `finish`. */
  async run(): Promise<void> {
    const { stream, toError } = this.#options;
    stream.on('data', (response: StreamEventsResponse) => this.#guarded(() => this.#acknowledge(response)));
    stream.on('error', (error: ServiceError) => this.#end(toError(error)));
    stream.on('end', () => this.#end(new UnavailableError('the collector closed the stream')));
    const closed = new Promise<void>((resolve) => stream.on('status', () => resolve()));
    this.wake();
    try {
      await this.#ended.promise;
      this.#settle();
      stream.end();
      await Promise.race([closed, wait(closeTimeoutMs, undefined, { ref: false })]);
    } finally {
      clearTimeout(this.#ackTimer);
      stream.cancel();
      this.#settle();
    }
  }

  /** There may be new events in the outbox. */
  wake(): void {
    this.#guarded(() => this.#fill());
  }

  /** Ends the session now; what is not acknowledged stays in the outbox. */
  abandon(): void {
    this.#end();
  }

  /** Sends nothing more, and ends the session as soon as all that was sent is acknowledged. */
  finish(): void {
    if (this.#state !== 'filling') return;
    this.#state = 'finishing';
    if (this.#inFlight.length === 0) this.#end();
  }

  #fill(): void {
    const { outbox, stream } = this.#options;
    while (this.#state === 'filling' && this.#inFlight.length < batchesInFlightMax) {
      const { lanes, entries } = nextBatch(this.#lanes, batchEventsMax, (range) => outbox.read(range));
      this.#lanes = lanes;
      if (entries.length === 0) return;
      this.#batchNumber += 1n;
      this.#inFlight.push({
        number: this.#batchNumber,
        seqs: entries.map(({ seq }) => seq),
        ids: entries.map(({ event }) => event.id),
      });
      if (this.#inFlight.length === 1) this.#awaitAcknowledgement();
      stream.write({ batch: this.#batchNumber, events: entries.map(({ event }) => eventToWire(event)) });
    }
  }

  #acknowledge({ batch: number, rejected }: StreamEventsResponse): void {
    if (this.#state === 'ended') return;
    const batch = this.#inFlight.shift();
    if (batch?.number !== number) {
      throw new UnavailableError(`the collector acknowledged batch ${number}: expected ${batch?.number ?? 'nothing'}`);
    }
    const refused = new Set(rejected.map(({ index }) => index));
    const [first] = rejected;
    if (first !== undefined) this.#options.onRejected(rejected, batch.ids[first.index] ?? '');
    for (const [index, seq] of batch.seqs.entries())
      (refused.has(index) ? this.#rejected : this.#acknowledged).push(seq);
    this.#options.onAcknowledged();
    this.#batchesToSettle += 1;
    clearTimeout(this.#ackTimer);
    if (this.#inFlight.length > 0) this.#awaitAcknowledgement();
    this.#fill();
    if (this.#batchesToSettle >= settleBatchesMax || this.#inFlight.length === 0) this.#settle();
    else this.#settleTimer ??= setTimeout(() => this.#guarded(() => this.#settle()), settleAfterMs);
    if (this.#state === 'finishing' && this.#inFlight.length === 0) this.#end();
  }

  #settle(): void {
    clearTimeout(this.#settleTimer);
    this.#settleTimer = undefined;
    if (this.#batchesToSettle === 0) return;
    this.#options.outbox.settle(this.#acknowledged, this.#rejected);
    this.#acknowledged = [];
    this.#rejected = [];
    this.#batchesToSettle = 0;
    this.#options.onSettled();
  }

  #awaitAcknowledgement(): void {
    const { ackTimeoutMs } = this.#options;
    const number = this.#inFlight[0]?.number;
    this.#ackTimer = setTimeout(
      () => this.#end(new UnavailableError(`no acknowledgement of batch ${number} within ${ackTimeoutMs} ms`)),
      ackTimeoutMs,
    );
  }

  /** What fails while an event of the stream or of a timer is handled ends the session. */
  #guarded(action: () => void): void {
    if (this.#state === 'ended') return;
    try {
      action();
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(error?: Error): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (error === undefined) this.#ended.resolve();
    else this.#ended.reject(error);
  }
}
