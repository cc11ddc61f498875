import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger } from '@tdc/shared/logger.ts';
import { addProcessMetrics } from '@tdc/shared/process-metrics.ts';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { madeUpSnapshot } from '../made-up-snapshot.ts';
import { type AgentSnapshot, statusToWire } from '../status.ts';
import { MetricsService } from './metrics-service.ts';

const log = createLogger({ level: 'silent' });

async function serve(snapshot: AgentSnapshot | undefined, port = 0): Promise<MetricsService> {
  const registry = new Registry();
  addProcessMetrics(registry);
  const status = () => snapshot && statusToWire(snapshot);
  const service = new MetricsService({ place: { host: '127.0.0.1', port }, status, registry, log });
  service.start();
  if (port === 0) await expect.poll(() => service.address).toBeDefined();
  return service;
}

/** Samples by name and labels. */
async function scrape(service: MetricsService): Promise<Record<string, number>> {
  const response = await fetch(`http://${service.address}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics are the status in numbers, with every reason for which events could be given up', async () => {
  await using service = await serve(madeUpSnapshot);
  const samples = await scrape(service);
  expect(samples).toMatchObject({
    'tdc_agent_info{detector="D1",version="0.1.0"}': 1,
    tdc_agent_start_time_seconds: 1_700_000_000,
    tdc_agent_events_made_total: 100,
    tdc_agent_events_acknowledged_total: 60,
    'tdc_agent_events_dropped_total{reason="overflow"}': 5,
    'tdc_agent_events_dropped_total{reason="rejected"}': 2,
    'tdc_agent_events_dropped_total{reason="never_synchronised"}': 0,
    tdc_agent_outbox_events: 33,
    tdc_agent_outbox_bytes: 4096,
    tdc_agent_outbox_bytes_max: 8192,
    'tdc_agent_scanner_up{scanner="simulated"}': 1,
    'tdc_agent_scanner_sightings_total{scanner="simulated"}': 12,
    tdc_agent_collector_connected: 0,
    tdc_agent_clock_synchronised: 1,
    tdc_agent_key_ready: 1,
    tdc_machine_processor_celsius: 61.3,
    tdc_machine_under_voltage: 1,
    tdc_machine_throttled: 0,
    tdc_machine_battery_volts: 11.2,
    tdc_machine_disk_free_bytes: 12_000_000_000,
  });
  const dropped = Object.entries(samples).filter(([name]) => name.startsWith('tdc_agent_events_dropped_total'));
  const lost = dropped.reduce((sum, [, count]) => sum + count, 0);
  expect(samples.tdc_agent_events_made_total).toBe(
    (samples.tdc_agent_events_acknowledged_total ?? 0) + (samples.tdc_agent_outbox_events ?? 0) + lost,
  );
  expect(samples.process_resident_memory_bytes).toBeGreaterThan(0);
  // What the machine does not tell, and what has not been, is left out.
  expect(samples).not.toHaveProperty('tdc_machine_disk_life_used_ratio');
  expect(samples).not.toHaveProperty('tdc_agent_last_acknowledgement_timestamp_seconds');
  expect(Object.keys(samples).join('\n')).not.toContain('does not answer');
});

test('another path, another method and an agent that begins anew are told', async () => {
  await using service = await serve(undefined);
  const ask = (path: string, method = 'GET') => fetch(`http://${service.address}${path}`, { method });
  expect((await ask('/metrics')).status).toBe(503);
  expect([(await ask('/')).status, await (await ask('/')).text()]).toEqual([404, 'expected /metrics\n']);
  const post = await ask('/metrics', 'POST');
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('a request that never ends, and one too long, are ended, and others are answered meanwhile', async () => {
  await using service = await serve(madeUpSnapshot);
  const port = Number(service.address?.split(':')[1]);
  const long = connect(port, '127.0.0.1');
  long.end(`GET /metrics HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(await text(long)).toContain('431');
  const slow = connect(port, '127.0.0.1');
  slow.write('GET /metrics HTTP/1.1\r\n');
  await scrape(service);
  expect(await text(slow)).toContain('408');
}, 30_000);

test('a port that is taken is told and the agent works on', async () => {
  await using first = await serve(madeUpSnapshot);
  const port = Number(first.address?.split(':')[1]);
  await using second = await serve(madeUpSnapshot, port);
  await scrape(first);
  expect(second.address).toBeUndefined();
});
