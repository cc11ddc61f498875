import { once } from 'node:events';
import {
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { systemClock } from '@tdc/shared/clock.ts';
import {
  CollectorServiceClient,
  CollectorServiceService,
  ErrorDetail,
  type StreamEventsRequest,
  type StreamEventsResponse,
} from '@tdc/shared/generated/tdc/v1/collector.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { EventStore, Repository } from '../repository.ts';
import { KnownDetectors } from './known-detectors.ts';
import { streamEvents } from './stream-events.ts';

type Call = ClientDuplexStream<StreamEventsRequest, StreamEventsResponse>;

let repository: Repository;
let shutdown: AbortController;
let server: Server;
let client: CollectorServiceClient;
/** Lets a test hold commits back. */
let beforeCommit: () => Promise<void>;

beforeEach(async () => {
  repository = await temporaryRepository(['D1', 'D2']);
  shutdown = new AbortController();
  beforeCommit = () => Promise.resolve();
  const events: EventStore = {
    append: async (batch, signal) => {
      await beforeCommit();
      await repository.events.append(batch, signal);
    },
    scan: (scan, signal) => repository.events.scan(scan, signal),
    follow: (cursor, signal) => repository.events.follow(cursor, signal),
    removeBefore: (id, timeMs, signal) => repository.events.removeBefore(id, timeMs, signal),
  };
  const context = {
    repository: { ...repository, events },
    clock: systemClock,
    detectors: new KnownDetectors(repository.network, systemClock),
    eventTimes: { ageDaysMax: 31, aheadSecondsMax: 300 },
    shutdown: shutdown.signal,
  };
  server = new Server();
  const { streamEvents: definition } = CollectorServiceService;
  server.addService(
    { streamEvents: definition },
    {
      streamEvents: (call: ServerDuplexStream<StreamEventsRequest, StreamEventsResponse>) =>
        streamEvents(context, { type: 'local' }, call),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  client = new CollectorServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  server.forceShutdown();
  await repository[Symbol.asyncDispose]();
});

const now = Date.now();
const event = (detectorId = 'D1') => eventToWire(madeUpEvent({ referenceTimeMs: now - 60_000, detectorId }));
const batch = (number: number, size = 1) => ({
  batch: BigInt(number),
  events: Array.from({ length: size }, () => event()),
});

/** Everything that a stream answers, and how it ends. */
async function outcomeOf(call: Call): Promise<{ acknowledged: bigint[]; error?: ServiceError }> {
  const acknowledged: bigint[] = [];
  call.on('data', ({ batch }: StreamEventsResponse) => acknowledged.push(batch));
  const error = await new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve);
    call.on('end', () => resolve(undefined));
  });
  return error === undefined ? { acknowledged } : { acknowledged, error };
}

function detailOf(error: ServiceError | undefined): ErrorDetail {
  const [detail] = error?.metadata.get('tdc-error-bin') ?? [];
  return ErrorDetail.decode(Buffer.from(detail ?? ''));
}

async function storedCount(): Promise<number> {
  const scan = { detectorId: 'D1', fromMs: 0, toMs: 2 ** 48, order: 'oldest-first', limit: 1000, kinds: [] } as const;
  return (await repository.events.scan(scan, new AbortController().signal)).events.length;
}

describe('a stream of batches', () => {
  test('is acknowledged in its order, each batch after its commit', async () => {
    const delays = [30, 5, 0, 15, 0];
    let commits = 0;
    beforeCommit = async () => {
      await systemClock.sleep(delays[commits++] ?? 0, new AbortController().signal);
    };
    const call = client.streamEvents();
    const outcome = outcomeOf(call);
    for (const number of [3, 5, 8, 9, 20]) call.write(batch(number, 2));
    call.end();
    expect(await outcome).toEqual({ acknowledged: [3n, 5n, 8n, 9n, 20n] });
    expect(await storedCount()).toBe(10);
  });

  test('says how many were recorded and what was rejected', async () => {
    const call = client.streamEvents();
    call.write({ batch: 1n, events: [event(), { ...event(), sightings: 0 }] });
    const [answer] = await once(call, 'data');
    expect(answer).toEqual({
      batch: 1n,
      recorded: 1,
      rejected: [{ index: 1, field: 'sightings', message: '0: expected at least 1' }],
    });
    call.end();
    await once(call, 'end');
  });

  test('takes at most sixteen batches and what the connection buffers while nothing can be committed', async () => {
    const commit = Promise.withResolvers<void>();
    let begun = 0;
    beforeCommit = () => {
      begun++;
      return commit.promise;
    };
    const call = client.streamEvents();
    const outcome = outcomeOf(call);
    for (let number = 1; number <= 100; number++) call.write(batch(number, 100));
    call.end();
    await expect.poll(() => begun).toBe(16);
    await systemClock.sleep(200, new AbortController().signal);
    expect(begun).toBe(16);
    commit.resolve();
    expect((await outcome).acknowledged).toHaveLength(100);
  });

  test.each([
    ['an unknown detector', () => [event(), event('D9')], status.FAILED_PRECONDITION, 'events[1].detector_id', true],
    ['no events', () => [], status.INVALID_ARGUMENT, 'events', false],
    ['more than a thousand', () => new Array(1001).fill(event()), status.INVALID_ARGUMENT, 'events', false],
  ] as const)(
    'ends at a batch with %s, after acknowledging those before it',
    async (_, bad, code, field, retryable) => {
      const call = client.streamEvents();
      const outcome = outcomeOf(call);
      call.write(batch(1));
      call.write({ batch: 2n, events: bad() });
      const { acknowledged, error } = await outcome;
      expect(acknowledged).toEqual([1n]);
      expect(error?.code).toBe(code);
      expect(detailOf(error)).toMatchObject({ field, retryable });
      expect(await storedCount()).toBe(1);
    },
  );

  test('ends with UNAVAILABLE when the repository does not take a batch, and never acknowledges it', async () => {
    const call = client.streamEvents();
    const outcome = outcomeOf(call);
    call.write(batch(1));
    await once(call, 'data');
    const closing = repository[Symbol.asyncDispose]();
    await closing;
    call.write(batch(2));
    const { acknowledged, error } = await outcome;
    expect(acknowledged).toEqual([1n]);
    expect(error?.code).toBe(status.UNAVAILABLE);
    repository = await temporaryRepository();
  });

  test('at shutdown has what was received committed and acknowledged, then ends with UNAVAILABLE', async () => {
    const commit = Promise.withResolvers<void>();
    let begun = 0;
    beforeCommit = () => {
      begun++;
      return commit.promise;
    };
    const call = client.streamEvents();
    const idle = client.streamEvents();
    const outcomes = [outcomeOf(call), outcomeOf(idle)];
    for (const number of [1, 2, 3]) call.write(batch(number, 10));
    await expect.poll(() => begun).toBe(3);
    shutdown.abort();
    call.write(batch(4));
    await systemClock.sleep(50, new AbortController().signal);
    commit.resolve();
    const [busy, quiet] = await Promise.all(outcomes);
    expect(busy?.acknowledged).toEqual([1n, 2n, 3n]);
    expect(quiet?.acknowledged).toEqual([]);
    for (const outcome of [busy, quiet]) {
      expect(outcome?.error).toMatchObject({
        code: status.UNAVAILABLE,
        details: expect.stringContaining('shutting down'),
      });
    }
    expect(await storedCount()).toBe(30);
    const late = await outcomeOf(client.streamEvents());
    expect(late.error?.code).toBe(status.UNAVAILABLE);
  });

  test('that is cancelled leaves nothing behind that could fail', async () => {
    const commit = Promise.withResolvers<void>();
    let begun = 0;
    beforeCommit = () => {
      begun++;
      return commit.promise;
    };
    const call = client.streamEvents();
    const outcome = outcomeOf(call);
    call.write(batch(1));
    await expect.poll(() => begun).toBe(1);
    call.cancel();
    expect((await outcome).error?.code).toBe(status.CANCELLED);
    commit.resolve();
    const next = client.streamEvents();
    const nextOutcome = outcomeOf(next);
    next.write(batch(1));
    next.end();
    expect((await nextOutcome).acknowledged).toEqual([1n]);
  });

  test('answers whatever bytes or values come with an acknowledgement or a status, and goes on for others', async () => {
    const anyEvent = fc.record({
      id: fc.oneof(fc.string(), fc.constant(event().id)),
      detectorId: fc.oneof(fc.constant('D1'), fc.string()),
      kind: fc.integer({ min: -2, max: 9 }),
      referenceTimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      sightings: fc.nat(),
      rssiPeakDbm: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 4 }), async (given) => {
        const call = client.streamEvents();
        const outcome = outcomeOf(call);
        call.write({ batch: 1n, events: given.map((values) => ({ ...event(), ...values }) as never) });
        call.end();
        const { acknowledged, error } = await outcome;
        expect(acknowledged.length === 1 || error?.code === status.FAILED_PRECONDITION).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
