import { addProcessMetrics } from '@tdc/shared/process-metrics.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { estimateStatuses } from '../estimation/estimate.ts';
import { healthOf, healthWords } from '../query/detector-health.ts';
import { detectorStates } from '../query/detector-states.ts';
import { addAlertMetrics } from './alert-metrics.ts';
import type { HttpContext } from './context.ts';
import { addEstimatorMetrics } from './estimator-metrics.ts';
import { addTraceMetrics } from './trace-metrics.ts';

export interface MetricsOptions
  extends Pick<HttpContext, 'repository' | 'clock' | 'shutdown' | 'tracing' | 'notices' | 'figures'> {
  readonly isServing: () => boolean;
  readonly listeners: () => number;
  readonly silentAfterMs: number;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What Prometheus is told of the server; no label names a device, a detector or a link. */
export class Metrics {
  readonly registry = new Registry();
  readonly #options: MetricsOptions;
  readonly #requestSeconds: Histogram<'route' | 'status'>;
  readonly #failures: Counter;

  constructor(options: MetricsOptions) {
    this.#options = options;
    const registers = [this.registry];
    addProcessMetrics(this.registry);
    this.#requestSeconds = new Histogram({
      name: 'tdc_http_request_duration_seconds',
      help: 'Time to answer a request over HTTP, live streams left out.',
      labelNames: ['route', 'status'],
      buckets: secondsBuckets,
      registers,
    });
    this.#failures = new Counter({
      name: 'tdc_metrics_failures_total',
      help: 'Scrapes at which the repository could not be read, so that metrics of the network were left out.',
      registers,
    });
    this.#addGauges();
    addAlertMetrics(this.registry, { ...options, known: (read) => this.#known(read) });
    if (options.figures !== undefined) addEstimatorMetrics(this.registry, options.figures);
    if (options.tracing !== undefined) addTraceMetrics(this.registry, options.tracing);
  }

  /** Counts a request that was answered. */
  observe({ routeOptions }: FastifyRequest, reply: FastifyReply): void {
    const labels = { route: routeOptions.url ?? 'unknown', status: String(reply.statusCode) };
    this.#requestSeconds.observe(labels, reply.elapsedTime / 1000);
  }

  #addGauges(): void {
    const { isServing, listeners } = this.#options;
    const registers = [this.registry];
    new Gauge({
      name: 'tdc_server_serving',
      help: '1 while the repository answers.',
      registers,
      collect() {
        this.set(isServing() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'tdc_http_live_listeners',
      help: 'Who listens to server-sent events.',
      registers,
      collect() {
        this.set(listeners());
      },
    });
    const detectorCounts = () => this.#counted(healthWords, () => this.#healthWords());
    new Gauge({
      name: 'tdc_detectors',
      help: 'Detectors by how they are.',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset();
        for (const [state, count] of await detectorCounts()) this.set({ state }, count);
      },
    });
    const estimateCounts = () => this.#counted(estimateStatuses, () => this.#estimateStatuses());
    new Gauge({
      name: 'tdc_estimates',
      help: 'Links by the status of their newest estimate.',
      labelNames: ['status'],
      registers,
      async collect() {
        this.reset();
        for (const [status, count] of await estimateCounts()) this.set({ status }, count);
      },
    });
  }

  /** Of each word how often it is there; nothing when that is not known. */
  async #counted<Word extends string>(
    words: readonly Word[],
    read: () => Promise<readonly Word[]>,
  ): Promise<readonly (readonly [Word, number])[]> {
    const found = await this.#known(read);
    return found === undefined ? [] : words.map((word) => [word, found.filter((each) => each === word).length]);
  }

  async #known<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch {
      // The watch over the repository has said why; here it is a number.
      this.#failures.inc();
      return undefined;
    }
  }

  async #healthWords() {
    const { repository, clock, shutdown, silentAfterMs } = this.#options;
    const states = await detectorStates(repository, shutdown);
    return states.map((state) => healthOf(state, clock.nowMs(), silentAfterMs).word);
  }

  async #estimateStatuses() {
    const { repository, shutdown } = this.#options;
    return (await repository.estimates.newest(shutdown)).map(({ estimate }) => estimate.status);
  }
}
