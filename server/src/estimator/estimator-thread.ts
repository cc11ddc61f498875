import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock } from '@tdc/shared/clock.ts';
import { type Logger, relayTo } from '@tdc/shared/logger.ts';
import { Pulse } from '@tdc/shared/pulse.ts';
import { NoticeCounts } from '../alerts/notice-counts.ts';
import type { ServerConfig } from '../config.ts';
import type { SpanCounts } from '../tracing/tracing.ts';
import type { EstimatorFigures } from './estimator-figures.ts';
import type { ThreadMessage } from './thread-message.ts';

/** How long the estimator may take to end what it is doing. */
const shutdownGraceMs = 10_000;

/**
 * The estimator in a thread of its own, with connections of its own: it remembers hours of events, and neither its work nor the collection of
 * its garbage may keep a caller waiting. Its clock is the system's.
 */
export class EstimatorThread {
  /** What has become of notices of alerts. */
  readonly notices = new NoticeCounts();
  readonly pulse: Pulse;
  #figures: EstimatorFigures = { published: { first: 0, revised: 0 }, heapBytes: 0 };
  #spans: SpanCounts = { sent: 0, overflowed: 0, untaken: 0, waiting: 0 };
  readonly #config: ServerConfig;
  readonly #relay: (line: string) => void;

  constructor(config: ServerConfig, logger: Logger, clock: Clock) {
    this.pulse = new Pulse('the estimator', clock);
    this.#config = config;
    this.#relay = relayTo(logger);
  }

  /** A second ago or less. */
  get figures(): EstimatorFigures {
    return this.#figures;
  }

  /** What has become of its spans of traces, a second ago or less. */
  get spans(): SpanCounts {
    return this.#spans;
  }

  /** Estimates until the signal. Rejects when the thread ends otherwise. */
  async run(signal: AbortSignal): Promise<void> {
    const { repository } = this.#config;
    const workerData = {
      ...this.#config,
      repository: repository.type === 'sqlite' ? { ...repository, lock: 'held' } : repository,
    };
    const thread = new Worker(new URL('./thread-main.ts', import.meta.url), { workerData, name: 'estimator' });
    thread.on('message', (message: ThreadMessage) => this.#take(message));
    this.pulse.beat();
    let grace: NodeJS.Timeout | undefined;
    const stop = () => {
      thread.postMessage('stop');
      grace = setTimeout(() => void thread.terminate(), shutdownGraceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await once(thread, 'exit');
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(grace);
      this.pulse.rest();
    }
    if (!signal.aborted) throw new Error('the thread of the estimator has ended');
  }

  #take(message: ThreadMessage): void {
    switch (message.type) {
      case 'log':
        this.#relay(message.line);
        break;
      case 'notices':
        this.notices.add(message.channel, message.outcome, message.count);
        break;
      case 'alive':
        this.pulse.beat();
        this.#figures = message.figures;
        this.#spans = message.spans ?? this.#spans;
    }
  }
}
