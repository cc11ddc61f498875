import { z } from 'zod';
import { httpRights } from '../../access/rights.ts';
import { silentAfterSecondsDefault } from '../../query/detector-health.ts';
import type { HttpApp } from '../app.ts';
import type { LiveFeed } from '../live-feed.ts';
import { Metrics, type MetricsOptions } from '../metrics.ts';
import { problemResponses } from './reading.ts';

const streams = '/api/v1/live';
const text = { description: 'In the text format of Prometheus.', content: { 'text/plain': { schema: z.string() } } };

export interface MetricsRouteOptions extends Omit<MetricsOptions, 'listeners' | 'silentAfterMs'> {
  readonly feed: Pick<LiveFeed, 'listeners'>;
}

/** For Prometheus. */
export function addMetrics(app: HttpApp, { feed, ...options }: MetricsRouteOptions): void {
  const silentAfterMs = silentAfterSecondsDefault * 1000;
  const metrics = new Metrics({ ...options, silentAfterMs, listeners: () => feed.listeners });
  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.url !== streams) metrics.observe(request, reply);
  });
  app.get(
    '/metrics',
    {
      config: { right: httpRights.metrics },
      schema: {
        operationId: 'metrics',
        summary: 'How the server is, for Prometheus',
        tags: ['server'],
        response: { 200: text, ...problemResponses },
      },
    },
    async (_request, reply) => {
      reply.type(metrics.registry.contentType);
      return metrics.registry.metrics();
    },
  );
}
