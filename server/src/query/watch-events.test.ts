import {
  type ClientReadableStream,
  credentials,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { systemClock } from '@tdc/shared/clock.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import {
  QueryServiceClient,
  QueryServiceService,
  WatchEventsRequest,
  type WatchEventsResponse,
} from '@tdc/shared/generated/tdc/v1/query.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { deviceClassToWireNumber, kindToWireNumber } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Repository } from '../repository.ts';
import { watchEvents } from './watch-events.ts';

const estimation = { estimator: 'grid-filter', rotating: true } as const;

const never = new AbortController().signal;
let repository: Repository;
let shutdown: AbortController;
let server: Server;
let client: QueryServiceClient;

beforeEach(async () => {
  repository = await temporaryRepository(['D1', 'D2']);
  shutdown = new AbortController();
  const context = { repository, estimation, clock: systemClock, shutdown: shutdown.signal };
  server = new Server();
  const { watchEvents: definition } = QueryServiceService;
  server.addService(
    { watchEvents: definition },
    {
      watchEvents: (call: ServerWritableStream<WatchEventsRequest, WatchEventsResponse>) =>
        void watchEvents(context, call),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  client = new QueryServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  server.forceShutdown();
  await repository[Symbol.asyncDispose]();
});

interface Watch {
  readonly call: ClientReadableStream<WatchEventsResponse>;
  readonly answers: WatchEventsResponse[];
  readonly ids: () => string[];
  readonly ended: Promise<unknown>;
}

function watch(request: Parameters<typeof WatchEventsRequest.fromPartial>[0] = {}): Watch {
  const call = client.watchEvents(WatchEventsRequest.fromPartial(request));
  const answers: WatchEventsResponse[] = [];
  call.on('data', (answer: WatchEventsResponse) => answers.push(answer));
  const ended = new Promise((resolve) => call.on('error', resolve));
  return { call, answers, ids: () => answers.flatMap(({ events }) => events.map(({ id }) => id)), ended };
}

const append = async (...events: DetectionEvent[]) => repository.events.append(events, never);

describe('a watch', () => {
  test('says that it has begun, then sends what is committed and passes the filter', async () => {
    await append(madeUpEvent());
    const all = watch();
    const some = watch({ filter: { detectorIds: ['D2'], kinds: [kindToWireNumber('ble')], deviceId: 'abcdef' } });
    await expect.poll(() => [all.answers.length, some.answers.length]).toEqual([1, 1]);
    expect(all.answers[0]?.events).toEqual([]);
    const passing = madeUpEvent({ detectorId: 'D2', kind: 'ble', deviceId: '999999', previousDeviceId: 'abcdef' });
    const others = [
      madeUpEvent({ detectorId: 'D1', kind: 'ble', deviceId: 'abcdef' }),
      madeUpEvent({ detectorId: 'D2', kind: 'wifi', deviceId: 'abcdef' }),
      madeUpEvent({ detectorId: 'D2', kind: 'ble', deviceId: 'abcde0' }),
    ];
    await append(...others, passing);
    await expect.poll(some.ids).toEqual([passing.id]);
    await expect.poll(all.ids).toEqual([...others, passing].map(({ id }) => id));
    all.call.cancel();
    some.call.cancel();
  });

  test('of device classes sends the devices of any of them, and none without a class', async () => {
    const some = watch({ filter: { deviceClasses: (['car-kit', 'phone'] as const).map(deviceClassToWireNumber) } });
    await expect.poll(() => some.answers.length).toBe(1);
    const [carKit, headset, none, phone] = [
      madeUpEvent({ deviceClass: 'car-kit' }),
      madeUpEvent({ deviceClass: 'headset' }),
      madeUpEvent(),
      madeUpEvent({ deviceClass: 'phone' }),
    ] as const;
    await append(carKit, headset, none, phone);
    await expect.poll(some.ids).toEqual([carKit.id, phone.id]);
    expect(some.answers.flatMap(({ events }) => events.map(({ deviceClass }) => deviceClass))).toEqual([1, 2]);
    some.call.cancel();
  });

  test('goes on from the cursor of an earlier answer, beginning with an empty one', async () => {
    const first = watch();
    await expect.poll(() => first.answers.length).toBe(1);
    const cursor = first.answers[0]?.cursor ?? '';
    first.call.cancel();
    const missed = madeUpEvent();
    await append(missed);
    const second = watch({ cursor });
    await expect.poll(second.ids).toEqual([missed.id]);
    expect(second.answers[0]).toEqual({ events: [], cursor });
    second.call.cancel();
  });

  test('of a slow receiver waits for it, and misses nothing', async () => {
    const slow = watch();
    await expect.poll(() => slow.answers.length).toBe(1);
    slow.call.pause();
    const total = 30_000;
    for (let sent = 0; sent < total; sent += 1000) {
      await append(...Array.from({ length: 1000 }, () => madeUpEvent({ deviceId: 'f'.repeat(32) })));
    }
    slow.call.resume();
    await expect.poll(() => slow.ids().length, { timeout: 20_000 }).toBe(total);
    expect(new Set(slow.ids()).size).toBe(total);
    slow.call.cancel();
  });

  test.each([
    ['a cursor that is none', { cursor: 'yesterday' }, status.INVALID_ARGUMENT],
    ['a cursor of another repository', { cursor: '0123456789ab-7' }, status.OUT_OF_RANGE],
    ['a filter that cannot be', { filter: { deviceId: 'AA:BB:CC' } }, status.INVALID_ARGUMENT],
  ])('with %s is refused', async (_, request, code) => {
    expect(await watch(request).ended).toMatchObject({ code });
  });

  test('ends with UNAVAILABLE when the server is to end', async () => {
    const watching = watch();
    await expect.poll(() => watching.answers.length).toBe(1);
    shutdown.abort();
    expect(await watching.ended).toMatchObject({ code: status.UNAVAILABLE });
    expect(await watch().ended).toMatchObject({ code: status.UNAVAILABLE });
  });
});
