import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Gauges that the library calls totals, which by Prometheus's conventions are counters. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Adds what Node says of the process: memory, processor, event loop, collection of garbage. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
}
