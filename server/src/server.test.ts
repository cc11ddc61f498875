import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { systemClock } from '@tdc/shared/clock.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import {
  CollectorServiceClient,
  CollectorServiceService,
  type StreamEventsResponse,
} from '@tdc/shared/generated/tdc/v1/collector.ts';
import {
  ListEventsRequest,
  Order,
  QueryServiceClient,
  QueryServiceService,
} from '@tdc/shared/generated/tdc/v1/query.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { reflectedFiles, reflectedServices } from '@tdc/shared/reflection-client.ts';
import { eventToWire, nsFromMs } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig } from './config.ts';
import { openContext, type ServerContext } from './context.ts';
import { madeUpConfig } from './made-up-config.ts';
import { CertificateAuthority } from './repositories/etcd/certificate-authority.ts';
import { type RunningServer, startServer } from './server.ts';

let folder: string;
let context: ServerContext;
let server: RunningServer;
let collector: CollectorServiceClient;
let query: QueryServiceClient;

const never = new AbortController().signal;
const addressOf = (name: 'collector' | 'query' | 'health') => server.addresses.get(name) ?? '';

async function start(config: ServerConfig): Promise<void> {
  context = await openContext(config, systemClock, createLogger({ level: 'silent' }), never);
  server = await startServer(context);
  collector = new CollectorServiceClient(addressOf('collector'), credentials.createInsecure());
  query = new QueryServiceClient(addressOf('query'), credentials.createInsecure());
}

async function stop(): Promise<void> {
  collector.close();
  query.close();
  await server[Symbol.asyncDispose]();
  await context[Symbol.asyncDispose]();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-server-'));
  await start(madeUpConfig(folder));
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

/** A unary call as a promise. */
function ask<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response>,
  request: Request,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    (error, response) => (error === null ? resolve(response as Response) : reject(error)),
  );
  return promise;
}

const putDetector = (id: string) =>
  ask(collector, CollectorServiceService.putDetector, {
    detector: { id, name: `at ${id}`, position: { $case: 'geo', value: { latitude: 52.5, longitude: 13.4 } } },
  });
const now = Date.now();
const recent = (given: Partial<DetectionEvent> = {}) => madeUpEvent({ referenceTimeMs: now - 60_000, ...given });

async function listAll(request: Parameters<typeof ListEventsRequest.fromPartial>[0]): Promise<string[]> {
  const ids: string[] = [];
  let pageToken = '';
  do {
    const page = await ask(
      query,
      QueryServiceService.listEvents,
      ListEventsRequest.fromPartial({ ...request, pageToken }),
    );
    ids.push(...page.events.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return ids;
}

describe('a server', () => {
  test('keeps a network, takes events and status, and answers for them', async () => {
    for (const id of ['D2', 'D1']) await putDetector(id);
    const link = {
      fromDetectorId: 'D1',
      toDetectorId: 'D2',
      maxSeconds: 600,
      lengthM: 1200,
      freeFlowSeconds: 85.5,
      estimator: '',
    };
    await ask(collector, CollectorServiceService.putLink, { link });
    const reported = AgentStatus.fromPartial({ detectorId: 'D1', version: '1.2.3', openPassages: 4 });
    await ask(collector, CollectorServiceService.reportStatus, { status: reported });
    const events = [0, 1, 2, 3].map((i) =>
      recent({ detectorId: i % 2 ? 'D1' : 'D2', referenceTimeMs: now - 9000 + i }),
    );
    const answer = await ask(collector, CollectorServiceService.recordEvents, { events: events.map(eventToWire) });
    expect(answer).toEqual({ recorded: 4, rejected: [] });

    const { detectors, nowNs } = await ask(query, QueryServiceService.listDetectors, {});
    expect(detectors.map(({ detector, status }) => [detector?.id, status])).toEqual([
      ['D1', reported],
      ['D2', undefined],
    ]);
    expect(detectors[0]?.reportedAtNs).toBeGreaterThan(nsFromMs(now - 1));
    expect(nowNs).toBeGreaterThanOrEqual(detectors[0]?.reportedAtNs ?? 0n);
    expect(await ask(query, QueryServiceService.listLinks, {})).toEqual({ links: [link], staleSinceNs: 0n });

    const ids = events.map(({ id }) => id);
    for (const pageSize of [1, 3, 1000]) {
      expect(await listAll({ pageSize })).toEqual(ids);
      expect(await listAll({ pageSize, order: Order.ORDER_NEWEST_FIRST })).toEqual(ids.toReversed());
    }
    expect(await listAll({ fromNs: nsFromMs(now - 9000 + 1), toNs: nsFromMs(now - 9000 + 3) })).toEqual(
      ids.slice(1, 3),
    );
    expect(await listAll({ fromNs: nsFromMs(now - 9000) + 1n })).toEqual(ids.slice(1));
    expect(await listAll({ filter: { detectorIds: ['D2', 'D2'] } })).toEqual([ids[0], ids[2]]);

    await ask(collector, CollectorServiceService.deleteLink, { fromDetectorId: 'D1', toDetectorId: 'D2' });
    await ask(collector, CollectorServiceService.deleteDetector, { detectorId: 'D2' });
    expect(await listAll({})).toEqual([ids[1], ids[3]]);
  });

  test('refuses a page token with another query, and every request that is not right, naming the field', async () => {
    await putDetector('D1');
    await ask(collector, CollectorServiceService.recordEvents, { events: [recent(), recent()].map(eventToWire) });
    const first = await ask(query, QueryServiceService.listEvents, ListEventsRequest.fromPartial({ pageSize: 1 }));
    expect(first.nextPageToken).not.toBe('');
    const wrong = [
      { pageToken: first.nextPageToken, order: Order.ORDER_NEWEST_FIRST },
      { pageToken: 'x' },
      { pageSize: 1001 },
      { fromNs: -1n },
      { fromNs: 2_000_000_000n, toNs: 1_000_000_000n },
      { order: 9 as never },
      { filter: { detectorIds: ['a b'] } },
      { filter: { detectorIds: new Array(1001).fill('D1') } },
      { filter: { kinds: [0 as never] } },
      { filter: { deviceClasses: [0] } },
      { filter: { deviceClasses: [6 as never] } },
      { filter: { deviceClasses: new Array(17).fill(1) } },
      { filter: { deviceId: 'XYZ' } },
    ];
    for (const request of wrong) {
      const refused = ask(query, QueryServiceService.listEvents, ListEventsRequest.fromPartial(request));
      await expect(refused).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    }
    const refused = [
      [ask(collector, CollectorServiceService.putLink, { link: undefined }), status.INVALID_ARGUMENT],
      [ask(collector, CollectorServiceService.putDetector, { detector: undefined }), status.INVALID_ARGUMENT],
      [ask(collector, CollectorServiceService.deleteDetector, { detectorId: 'D9' }), status.NOT_FOUND],
      [ask(collector, CollectorServiceService.deleteDetector, { detectorId: '' }), status.INVALID_ARGUMENT],
      [ask(collector, CollectorServiceService.reportStatus, { status: undefined }), status.INVALID_ARGUMENT],
      [
        ask(collector, CollectorServiceService.reportStatus, { status: AgentStatus.fromPartial({ detectorId: 'D9' }) }),
        status.FAILED_PRECONDITION,
      ],
      [
        ask(collector, CollectorServiceService.reportStatus, {
          status: AgentStatus.fromPartial({ detectorId: 'D1', lastError: 'x'.repeat(1001) }),
        }),
        status.INVALID_ARGUMENT,
      ],
    ] as const;
    for (const [answer, code] of refused) await expect(answer).rejects.toMatchObject({ code });
  });

  test('stops while a stream is busy: what it acknowledged is there after a restart, and nothing is there twice', async () => {
    await putDetector('D1');
    const call = collector.streamEvents();
    const sent = Array.from({ length: 40 }, () => Array.from({ length: 50 }, () => recent()));
    const acknowledged: bigint[] = [];
    call.on('data', ({ batch }: StreamEventsResponse) => acknowledged.push(batch));
    const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
    for (const [i, events] of sent.entries()) call.write({ batch: BigInt(i), events: events.map(eventToWire) });
    await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThan(0);
    const stopping = stop();
    expect((await ended).code).toBe(status.UNAVAILABLE);
    await stopping;
    await start(madeUpConfig(folder));
    const stored = new Set(await listAll({ pageSize: 1000 }));
    const expected = acknowledged.flatMap((batch) => sent[Number(batch)]?.map(({ id }) => id) ?? []);
    expect(expected.filter((id) => !stored.has(id))).toEqual([]);
    for (const events of sent)
      await ask(collector, CollectorServiceService.recordEvents, { events: events.map(eventToWire) });
    const all = await listAll({ pageSize: 1000 });
    expect(all).toHaveLength(2000);
    expect(new Set(all).size).toBe(2000);
  });

  test('says on every port that it serves while the repository answers, and that it does not otherwise', async () => {
    for (const [name, services] of [
      ['collector', ['', 'tdc.v1.CollectorService']],
      ['query', ['', 'tdc.v1.QueryService']],
      ['health', ['']],
    ] as const) {
      for (const service of services) await expect.poll(() => healthOf(addressOf(name), service)).toBe('SERVING');
    }
    await context[Symbol.asyncDispose]();
    await expect.poll(() => healthOf(addressOf('health'), ''), { timeout: 3000 }).toBe('NOT_SERVING');
    expect(await healthOf(addressOf('query'), 'tdc.v1.QueryService')).toBe('NOT_SERVING');
  });

  test('tells general tools of every service of a port, and what its messages are', async () => {
    const services = ['tdc.v1.AlertService', 'tdc.v1.HistoryService', 'tdc.v1.QueryService'];
    expect(await reflectedServices(addressOf('query'), 'v1')).toEqual(['grpc.health.v1.Health', ...services]);
    for (const each of services) {
      expect(await reflectedFiles(addressOf('query'), each, 'v1')).toContain(each.split('.').at(-1));
    }
  });

  test('gives health without TLS where that is said, and nothing else', async () => {
    await stop();
    const authority = new CertificateAuthority(join(folder, 'certificates'), 'authority');
    const tls = { ...authority.certificate('server'), clientCaFile: authority.file };
    await start({ ...madeUpConfig(folder), tls, healthPlaintext: true });
    await expect.poll(() => healthOf(addressOf('health'), '')).toBe('SERVING');
    expect(await healthOf(addressOf('health'), 'live')).toBe('SERVING');
    await expect(healthOf(addressOf('query'), '')).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await context[Symbol.asyncDispose]();
    await expect.poll(() => healthOf(addressOf('health'), ''), { timeout: 3000 }).toBe('NOT_SERVING');
    expect(await healthOf(addressOf('health'), 'live')).toBe('SERVING');
  });

  test('with a port that is taken says so and leaves none open', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await stop();
    const config = madeUpConfig(folder);
    const second = await openContext(config, systemClock, createLogger({ level: 'silent' }), never);
    const clashing = { ...second, config: { ...config, ports: { collector: 0, query: port, health: 0, http: 0 } } };
    await expect(startServer(clashing)).rejects.toThrow(String(port));
    await second[Symbol.asyncDispose]();
    taken.close();
    await start(config);
  });
});

/** The standard health check, as any client of it asks: one string in, one number out. */
const healthCheck: MethodDefinition<string, string> = {
  path: '/grpc.health.v1.Health/Check',
  requestStream: false,
  responseStream: false,
  requestSerialize: (service) => Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]),
  requestDeserialize: (bytes) => bytes.toString(),
  responseSerialize: (text) => Buffer.from(text),
  responseDeserialize: (bytes) => ['UNKNOWN', 'SERVING', 'NOT_SERVING'][bytes[1] ?? 0] ?? '',
};

async function healthOf(address: string, service: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  try {
    return await ask(client, healthCheck, service);
  } finally {
    client.close();
  }
}
