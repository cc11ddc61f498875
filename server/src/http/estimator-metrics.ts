import { Counter, Gauge, type Registry } from 'prom-client';
import type { EstimatorFigures } from '../estimator/estimator-figures.ts';

/** What the estimator of this process has come to, as its thread said within the last second. */
export function addEstimatorMetrics(registry: Registry, figures: () => EstimatorFigures): void {
  const registers = [registry];
  new Counter({
    name: 'tdc_estimates_published_total',
    help: 'Travel times of links that were published, for the first time, and again, as late events had changed them (revised).',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(figures().published)) this.inc({ kind }, count);
    },
  });
  new Gauge({
    name: 'tdc_estimator_heap_bytes',
    help: 'Memory in use of what the estimator remembers, which is in no nodejs_heap_ metric.',
    registers,
    collect() {
      this.set(figures().heapBytes);
    },
  });
}
