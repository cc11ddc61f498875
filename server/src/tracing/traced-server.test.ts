import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Metadata } from '@grpc/grpc-js';
import type { StreamEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredServer, startSecuredServer } from '../access/secured-server.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../alerts/webhook-receiver.ts';
import { openSqliteRepository } from '../repositories/sqlite/repository.ts';
import { type ReceivedSpan, type SpanReceiver, startSpanReceiver } from './span-receiver.ts';

const never = new AbortController().signal;
const place = { name: '', position: { type: 'plane', xM: 0, yM: 0 } } as const;
const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const deviceId = 'c0ffee42';
const events = Array.from({ length: 40 }, (_, i) =>
  eventToWire(madeUpEvent({ detectorId: 'Alexanderplatz', deviceId, referenceTimeMs: Date.now() - 60_000 + i })),
);

let folder: string;
let spans: SpanReceiver;
let hook: WebhookReceiver;
let server: SecuredServer;
let token: string;
let metrics: string;

/** Everything that a server does for others, once. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-traced-'));
  writeFileSync(join(folder, 'secret'), `whsec_${randomBytes(32).toString('base64')}`);
  spans = await startSpanReceiver();
  hook = await startWebhookReceiver();
  const file = join(folder, 'tdc.sqlite');
  await putRoad(file);
  server = await startSecuredServer(
    {},
    {
      repository: { type: 'sqlite', file },
      services: ['collector', 'query', 'http', 'estimator'],
      tracing: { endpoint: spans.endpoint, serviceName: 'centre', sampleRatio: 1 },
      alerts: {
        rules: { drops: false, clockMinutes: 0, travelTimeSeconds: new Map() },
        webhook: { url: hook.url, secretFile: join(folder, 'secret') },
      },
    },
  );
  const box = server.client({ certificate: server.detector('Alexanderplatz') });
  await send(box);
  const status = AgentStatus.fromPartial({ detectorId: 'Alexanderplatz' });
  await box.ask(box.collector, box.collector.reportStatus, { status });
  token = await server.token('viewer');
  await ask(token);
  await until(() => server.log.some(({ msg }) => msg === 'told of alerts'));
  await until(() => server.log.some(({ msg }) => msg === 'made past minutes'));
  await server[Symbol.asyncDispose]();
}, 60_000);
afterAll(async () => {
  await hook[Symbol.asyncDispose]();
  await spans[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A link, and a box whose clock is off, which is an alert at once. */
async function putRoad(file: string): Promise<void> {
  await using repository = openSqliteRepository({ file });
  const { network, statuses } = repository;
  for (const id of ['Alexanderplatz', 'Zoo']) await network.putDetector({ id, ...place }, never);
  await network.putLink({ fromDetectorId: 'Alexanderplatz', toDetectorId: 'Zoo', maxSeconds: 900 }, never);
  const status = AgentStatus.fromPartial({ detectorId: 'Zoo', clock: ClockState.CLOCK_STATE_UNSYNCHRONISED });
  await statuses.put({ status, reportedAtMs: Date.now() }, never);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 1000) throw new Error(`waited in vain; the log: ${server.logText()}`);
    await wait(20);
  }
}

/** Two batches by one stream. */
function send({ collector }: ReturnType<SecuredServer['client']>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const metadata = new Metadata();
  metadata.set('traceparent', `00-${caller.traceId}-${caller.spanId}-01`);
  const call = collector.streamEvents(metadata);
  let acknowledged = 0;
  call.on('data', (_answer: StreamEventsResponse) => {
    if (++acknowledged === 2) call.end();
  });
  call.on('error', reject);
  call.on('end', resolve);
  call.write({ batch: 1n, events: events.slice(0, 30) });
  call.write({ batch: 2n, events: events.slice(30) });
  return promise;
}

async function ask(token: string): Promise<void> {
  const headers = {
    traceparent: `00-${caller.traceId}-${caller.spanId}-01`,
    tracestate: 'vendor=state-of-somebody',
    'x-request-id': 'request-of-somebody',
  };
  const asked = await server.get(`/api/v1/events?device_id=${deviceId}&page_size=3`, { token }, { headers });
  expect(asked.status).toBe(200);
  expect((await server.get('/api/v1/detectors/Zoo', { token })).status).toBe(200);
  expect((await server.get('/api/v1/detectors/Zoo', { token: 'tdc_wrong' }, { headers })).status).toBe(401);
  expect((await server.get('/nowhere/Zoo', { token })).status).toBe(404);
  for (const path of ['/healthz', '/readyz']) await server.get(path, { token });
  metrics = (await server.get('/metrics', { token })).text;
}

const named = (name: string): readonly ReceivedSpan[] => spans.spans.filter((span) => span.name === name);
const only = (name: string): ReceivedSpan => {
  const [span, ...more] = named(name);
  expect(more).toEqual([]);
  return span ?? expect.fail(`no span ${name}: ${spans.spans.map((each) => each.name).join(', ')}`);
};

describe('the traces of a server', () => {
  test('have a span for each batch of events, with its storing, none for an event, and a link to the stream', () => {
    const stream = only('tdc.v1.CollectorService/StreamEvents');
    expect(stream).toMatchObject({ kind: 'server', ...{ traceId: caller.traceId, parentSpanId: caller.spanId } });
    expect(stream.attributes).toMatchObject({ 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'OK' });
    const batches = named('batch of events');
    expect(batches.map(({ attributes }) => attributes['tdc.events'])).toEqual([30, 10]);
    for (const { traceId, spanId, links, parentSpanId } of batches) {
      expect([parentSpanId, links]).toEqual(['', [{ traceId: stream.traceId, spanId: stream.spanId }]]);
      expect(named('store events').filter((span) => span.parentSpanId === spanId)).toMatchObject([{ traceId }]);
    }
    expect(spans.spans.length).toBeLessThan(events.length);
  });

  test('have a span for each call and request, by the names of the contract and of the routes', () => {
    expect(only('tdc.v1.CollectorService/ReportStatus').attributes['rpc.response.status_code']).toBe('OK');
    expect(only('GET /api/v1/events')).toMatchObject({
      ...{ kind: 'server', traceId: caller.traceId, parentSpanId: caller.spanId, traceState: '' },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/v1/events',
        'http.response.status_code': 200,
      },
    });
    const detectors = named('GET /api/v1/detectors/:detector_id');
    expect(detectors.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200, 401]);
    expect(only('GET').attributes['http.response.status_code']).toBe(404);
    expect(spans.spans.filter(({ name }) => /health|ready|metrics/.test(name))).toEqual([]);
  });

  test('have a span for what is estimated, looked at and told', () => {
    expect(named('estimate past minutes').length).toBeGreaterThan(0);
    expect(named('look for alerts').map(({ attributes }) => attributes['tdc.alerts'])).toContain(1);
    expect(only('tell of alerts')).toMatchObject({
      ...{ kind: 'client', attributes: { 'tdc.channel': 'webhook', 'tdc.notices': 1 } },
    });
  });

  test('are counted in the metrics', () => {
    expect(metrics).toMatch(/^tdc_trace_spans_total\{outcome="sent"\} 0$/m);
    expect(metrics).toMatch(/^tdc_trace_spans_total\{outcome="overflowed"\} 0$/m);
    expect(metrics).toMatch(/^tdc_trace_spans_waiting [1-9]\d*$/m);
  });

  test('are what lines of the log bear', () => {
    const refused = server.log.filter((line) => 'audit' in line && line.trace_id !== undefined);
    expect(refused.map((line) => line.trace_id)).toEqual([caller.traceId]);
    expect(server.log.find(({ msg }) => msg === 'told of alerts')).not.toHaveProperty('trace_id');
  });

  test('hold no pseudonym, address, token, parameter, subject or word of a caller', () => {
    const bytes = spans.bytes();
    const words = [deviceId, '127.0.0.1', 'localhost', token, 'tdc_wrong', 'viewer', 'device_id', 'page_size'];
    const more = ['Alexanderplatz', 'Zoo', 'state-of-somebody', 'request-of-somebody', 'nowhere', 'urn:tdc'];
    expect([...words, ...more].filter((word) => bytes.includes(word))).toEqual([]);
    expect(bytes.includes(Buffer.from(deviceId, 'hex'))).toBe(false);
    // They do hold what is looked for in this way.
    expect(bytes.includes('batch of events')).toBe(true);
    // What was under way when the server was stopped may have failed: with a word of ours.
    for (const { attributes } of spans.spans) expect(String(attributes['error.type'] ?? 'none')).toMatch(/^\w+$/);
    const keys = new Set(spans.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    keys.delete('error.type');
    expect([...keys].toSorted()).toEqual([
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'rpc.method',
      'rpc.response.status_code',
      'rpc.system.name',
      'tdc.alerts',
      'tdc.channel',
      'tdc.estimates',
      'tdc.events',
      'tdc.minutes',
      'tdc.notices',
    ]);
  });
});
