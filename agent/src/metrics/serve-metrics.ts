import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { addProcessMetrics } from '@tdc/shared/process-metrics.ts';
import { Registry } from 'prom-client';
import type { AgentLog } from '../agent-options.ts';
import type { MetricsPlace } from './metrics-options.ts';
import { MetricsService } from './metrics-service.ts';

/** Answers Prometheus with the status and what Node says of the process, until it is disposed of. */
export function serveMetrics(
  place: MetricsPlace,
  log: AgentLog,
  status: () => AgentStatus | undefined,
): MetricsService {
  const registry = new Registry();
  addProcessMetrics(registry);
  const service = new MetricsService({ place, status, registry, log });
  service.start();
  return service;
}
