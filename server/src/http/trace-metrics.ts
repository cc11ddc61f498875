import { Counter, Gauge, type Registry } from 'prom-client';
import type { Tracing } from '../tracing/tracing.ts';

/** What has become of spans, where there are traces. */
export function addTraceMetrics(registry: Registry, tracing: Pick<Tracing, 'counts'>): void {
  const registers = [registry];
  new Counter({
    name: 'tdc_trace_spans_total',
    help: 'Spans of traces that were sent, and that were lost: as more waited than may (overflowed), or as nobody took them (untaken).',
    labelNames: ['outcome'],
    registers,
    collect() {
      const { waiting: _waiting, ...outcomes } = tracing.counts();
      this.reset();
      for (const [outcome, count] of Object.entries(outcomes)) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: 'tdc_trace_spans_waiting',
    help: 'Spans of traces that wait or are on their way.',
    registers,
    collect() {
      this.set(tracing.counts().waiting);
    },
  });
}
