import { ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { SparingLog } from '@tdc/shared/sparing-log.ts';
import type { SpanCounts } from './tracing.ts';

export interface SpanQueueOptions {
  readonly exporter: SpanExporter;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
  /** Spans that wait or are on their way; more are lost. */
  readonly spansMax: number;
  readonly sendEveryMs: number;
  /** How long sending some of them may take. */
  readonly sendMs: number;
}

const spansTogether = 512;
const tellEveryMs = 60_000;

/** Spans on their way to who collects them: bounded, and every one that is lost is counted. */
export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #batches: BatchSpanProcessor;
  readonly #losses: SparingLog;
  #sent = 0;
  #overflowed = 0;
  #untaken = 0;
  #waiting = 0;

  constructor(options: SpanQueueOptions) {
    const { exporter, clock, spansMax, sendEveryMs, sendMs } = options;
    this.#options = options;
    this.#losses = new SparingLog(clock, tellEveryMs);
    this.#batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) =>
          exporter.export(spans, (result) => {
            if (result.code === ExportResultCode.SUCCESS) this.#taken(spans.length);
            else this.#lost(spans.length, reasonOf(result.error));
            done(result);
          }),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: spansMax,
      maxExportBatchSize: Math.min(spansTogether, spansMax),
      scheduledDelayMillis: sendEveryMs,
      // Its own bound comes first.
      exportTimeoutMillis: 2 * sendMs,
    });
  }

  counts(): SpanCounts {
    return { sent: this.#sent, overflowed: this.#overflowed, untaken: this.#untaken, waiting: this.#waiting };
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= this.#options.spansMax) {
      this.#overflowed++;
      this.#tellOfLosses('too many wait');
      return;
    }
    this.#waiting++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  #taken(count: number): void {
    this.#waiting -= count;
    this.#sent += count;
  }

  #lost(count: number, reason: string): void {
    this.#waiting -= count;
    this.#untaken += count;
    this.#tellOfLosses(reason);
  }

  #tellOfLosses(reason: string): void {
    const { logger } = this.#options;
    this.#losses.tell(() => {
      const { overflowed, untaken } = this.counts();
      logger.warn({ reason, overflowed, untaken }, 'spans of traces are lost: nobody takes them, or not fast enough');
    });
  }
}

/** A status of HTTP or a code of the network; else words of the library or ours. What the other side says besides may be of anything. */
function reasonOf(error: (Error & { readonly code?: number | string }) | undefined): string {
  return String(error?.code ?? error?.message ?? 'unknown');
}
