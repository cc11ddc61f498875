import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { credentials, status } from '@grpc/grpc-js';
import { systemClock } from '@tdc/shared/clock.ts';
import { LimitError, UnavailableError } from '@tdc/shared/errors.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { errorOfStatus, statusOfError } from '@tdc/shared/grpc-status.ts';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { hangsAfterMs } from '@tdc/shared/pulse.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { acknowledge, CollectorPeer, keepSilent, refuse } from './collector-peer.ts';
import { SqliteOutbox } from './outboxes/sqlite.ts';
import { Uplink, type UplinkOptions } from './uplink.ts';

let folder: string;
let outbox: SqliteOutbox;
let peer: CollectorPeer;
let stop: AbortController;
let failures: string[];
let running: Promise<void> | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-uplink-'));
  outbox = new SqliteOutbox({
    file: join(folder, 'outbox.sqlite'),
    bytesMax: 16 * 1024 * 1024,
    nowMs: () => 0,
    onRecovered: () => {},
  });
  peer = await CollectorPeer.start();
  stop = new AbortController();
  failures = [];
});
afterEach(async () => {
  stop.abort();
  await running;
  running = undefined;
  await peer[Symbol.asyncDispose]();
  outbox[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function start(options: Partial<UplinkOptions> = {}): Uplink {
  const uplink = new Uplink({
    outbox,
    clock: systemClock,
    random: () => 1,
    connect: () => new CollectorServiceClient(peer.address, credentials.createInsecure()),
    toError: (error) => new UnavailableError(error.details, { cause: error }),
    backoff: { baseMs: 10, maxMs: 40 },
    connectTimeoutMs: 2000,
    ackTimeoutMs: 2000,
    finishTimeoutMs: 300,
    status: () => AgentStatus.create({ detectorId: 'D1', version: 'test' }),
    statusIntervalMs: 3_600_000,
    onConnected: () => {},
    onFailed: ({ message }) => failures.push(message),
    onStatusRefused: () => {},
    onRejected: () => {},
    onSettled: () => {},
    ...options,
  });
  running = uplink.run(stop.signal);
  return uplink;
}

const drained = () => vi.waitFor(() => expect(outbox.counts().stored).toBe(0), { timeout: 5000, interval: 5 });
const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5000, interval: 5 });

describe('an uplink', () => {
  test('sends everything that waits, in batches, and removes what is acknowledged', async () => {
    const events = madeUpEvents(1000);
    outbox.append(events);
    const uplink = start();
    await drained();
    expect(peer.ids).toEqual(events.map(({ id }) => id));
    expect(peer.batches.map(({ batch, events }) => [batch, events.length])).toEqual([
      [1n, 256],
      [2n, 256],
      [3n, 256],
      [4n, 232],
    ]);
    expect(outbox.counts()).toMatchObject({ made: 1000, acknowledged: 1000 });
    expect(uplink.state).toEqual({ type: 'connected' });
    expect(uplink.lastAcknowledgedMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('sends events as they are made, on the same stream', async () => {
    const uplink = start();
    await until(() => uplink.state.type === 'connected');
    for (let round = 1; round <= 3; round += 1) {
      outbox.append(madeUpEvents(10));
      uplink.wake();
      await drained();
    }
    expect(outbox.counts().acknowledged).toBe(30);
    expect(peer.streams).toBe(1);
  });

  test('that is told it asks too much waits as long as it was told, at most its longest wait, and loses nothing', async () => {
    outbox.append(madeUpEvents(1000));
    const tooMuch = statusOfError(new LimitError('too many events', { retryAfterMs: 30 }));
    const waits: number[] = [];
    peer.answer = (request, stream) => {
      if (peer.batches.length % 3 === 0) stream.emit('error', tooMuch);
      else acknowledge(request, stream);
    };
    const onFailed: UplinkOptions['onFailed'] = ({ message }, waitMs) => {
      failures.push(message);
      waits.push(waitMs);
    };
    start({ toError: errorOfStatus, random: () => 0, onFailed });
    await drained();
    expect(new Set(failures)).toEqual(new Set(['too many events']));
    expect(new Set(waits)).toEqual(new Set([30]));
    expect(outbox.counts()).toMatchObject({ made: 1000, acknowledged: 1000 });
  });

  test('has at most four batches under way', async () => {
    peer.answer = keepSilent;
    outbox.append(madeUpEvents(3000));
    start();
    await until(() => peer.batches.length === 4);
    await wait(50);
    expect(peer.batches).toHaveLength(4);
    expect(outbox.counts()).toMatchObject({ stored: 3000, acknowledged: 0 });
  });

  test('alternates the present with the backlog', async () => {
    const uplink = start();
    peer.answer = keepSilent;
    await until(() => uplink.state.type === 'connected');
    peer.goAway();
    const backlog = madeUpEvents(1000);
    outbox.append(backlog);
    await until(() => failures.length > 0);
    const atStart: number[] = [];
    peer.answer = (request, stream) => {
      // The present arrives while the first batch of the backlog is under way.
      if (peer.batches.length === 1) {
        outbox.append(madeUpEvents(300));
        uplink.wake();
      }
      atStart.push(outbox.counts().stored);
      acknowledge(request, stream);
    };
    await peer.listen();
    await drained();
    const isBacklog = new Set(backlog.map(({ id }) => id));
    const lanes = peer.batches.map(({ events }) => (isBacklog.has(events[0]?.id ?? '') ? 'backlog' : 'live'));
    // Four batches were under way when the present came; from then on they take turns until the present is sent.
    expect(lanes).toEqual(['backlog', 'backlog', 'backlog', 'backlog', 'live', 'live']);
    expect(new Set(peer.ids).size).toBe(1300);
  });
});

describe('what goes wrong', () => {
  test('lost acknowledgements: the same events are sent again and counted once', async () => {
    let swallowed = 0;
    peer.answer = (request, stream) => {
      if (swallowed < 2) swallowed += 1;
      else if (swallowed === 2) {
        swallowed += 1;
        stream.destroy();
      } else acknowledge(request, stream);
    };
    const events = madeUpEvents(600);
    outbox.append(events);
    start({ ackTimeoutMs: 300 });
    await drained();
    expect(peer.streams).toBe(2);
    expect(peer.ids.length).toBe(1200);
    expect([...new Set(peer.ids)]).toEqual(events.map(({ id }) => id));
    expect(outbox.counts()).toMatchObject({ made: 600, acknowledged: 600 });
  });

  test('a cut connection and a collector that is away: everything is sent once it is back', async () => {
    outbox.append(madeUpEvents(2000));
    peer.answer = (request, stream) => {
      acknowledge(request, stream);
      if (peer.batches.length === 3) peer.goAway();
    };
    const uplink = start();
    await until(() => failures.length >= 2);
    expect(uplink.state.type).not.toBe('connected');
    outbox.append(madeUpEvents(500));
    uplink.wake();
    await peer.listen();
    await drained();
    expect(new Set(peer.ids).size).toBe(2500);
    expect(outbox.counts()).toMatchObject({ made: 2500, acknowledged: 2500 });
  });

  test.each([
    ['UNAVAILABLE', status.UNAVAILABLE, 'the repository does not answer'],
    ['FAILED_PRECONDITION', status.FAILED_PRECONDITION, 'no such detector: "D1"'],
    ['INTERNAL', status.INTERNAL, 'a fault'],
  ])('%s: everything is kept and tried again', async (_, code, details) => {
    outbox.append(madeUpEvents(300));
    peer.answer = refuse(code, details);
    start();
    await until(() => failures.length >= 3);
    expect(failures[0]).toContain(details);
    expect(outbox.counts()).toMatchObject({ stored: 300, acknowledged: 0 });
    peer.answer = acknowledge;
    await drained();
    expect(outbox.counts()).toMatchObject({ made: 300, acknowledged: 300 });
  });

  test('rejected events leave the outbox, are counted, and told', async () => {
    outbox.append(madeUpEvents(5));
    peer.answer = ({ batch }, stream) => {
      stream.write({ batch, recorded: 4, rejected: [{ index: 2, field: 'reference_time_ns', message: 'too old' }] });
    };
    const rejected: string[] = [];
    start({
      onRejected: ([first], firstId) => rejected.push(`${firstId} ${first?.field} ${first?.message}`),
    });
    await drained();
    expect(outbox.counts()).toMatchObject({ acknowledged: 4, dropped: { rejected: 1 } });
    expect(rejected).toEqual([`${peer.ids[2]} reference_time_ns too old`]);
  });

  test('silence: an acknowledgement that does not come in time ends the connection', async () => {
    peer.answer = keepSilent;
    outbox.append(madeUpEvents(10));
    start({ ackTimeoutMs: 100 });
    await until(() => failures.length === 1);
    expect(failures).toEqual(['no acknowledgement of batch 1 within 100 ms']);
    peer.answer = acknowledge;
    await drained();
  });

  test('an acknowledgement of something else ends the connection and settles nothing', async () => {
    peer.answer = (_, stream) => stream.write({ batch: 7n, recorded: 10, rejected: [] });
    outbox.append(madeUpEvents(10));
    start();
    await until(() => failures.length >= 1);
    expect(failures[0]).toBe('the collector acknowledged batch 7: expected 1');
    expect(outbox.counts().acknowledged).toBe(0);
  });

  test('a host that takes connections and says nothing: given up at the deadline', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    outbox.append(madeUpEvents(1));
    start({
      connectTimeoutMs: 150,
      connect: () => new CollectorServiceClient(`127.0.0.1:${address.port}`, credentials.createInsecure()),
    });
    await until(() => failures.length >= 2);
    expect(failures[0]).toBe('no connection within 150 ms');
    silent.close();
  });

  test('waits longer after each failure, up to the limit, and begins anew after an answer', async () => {
    const waits: number[] = [];
    peer.answer = refuse(status.UNAVAILABLE, 'away');
    outbox.append(madeUpEvents(1));
    start({ onFailed: (_, waitMs) => waits.push(waitMs) });
    await until(() => waits.length === 5);
    expect(waits).toEqual([10, 20, 40, 40, 40]);
    peer.answer = acknowledge;
    await drained();
    peer.goAway();
    await until(() => waits.length > 5 && waits.at(-1) === 10);
  });

  test('a disk that takes no settlement: the events are sent again, and counted once', async () => {
    outbox.append(madeUpEvents(10));
    const inTheWay = join(folder, 'outbox.sqlite-wal');
    peer.answer = (request, stream) => {
      if (peer.batches.length === 1) {
        outbox[Symbol.dispose]();
        mkdirSync(inTheWay);
      }
      acknowledge(request, stream);
    };
    start({
      onFailed: ({ message }) => {
        failures.push(message);
        if (failures.length === 2) rmdirSync(inTheWay);
      },
    });
    await drained();
    expect(failures[0]).toContain('settling events');
    expect(peer.ids.length).toBe(20);
    expect(outbox.counts()).toMatchObject({ made: 10, acknowledged: 10 });
  });
});

describe('the end', () => {
  test('waits for acknowledgements under way and settles them', async () => {
    peer.answer = (request, stream) => void setTimeout(() => acknowledge(request, stream), 100);
    outbox.append(madeUpEvents(100));
    start();
    await until(() => peer.batches.length === 1);
    outbox.append(madeUpEvents(50));
    stop.abort();
    await running;
    expect(outbox.counts()).toMatchObject({ acknowledged: 100, stored: 50 });
  });

  test('comes in time when they do not come', async () => {
    peer.answer = keepSilent;
    outbox.append(madeUpEvents(100));
    start();
    await until(() => peer.batches.length === 1);
    const stoppedMs = performance.now();
    stop.abort();
    await running;
    expect(performance.now() - stoppedMs).toBeLessThan(1500);
    expect(outbox.counts()).toMatchObject({ acknowledged: 0, stored: 100 });
  });

  test('comes at once while it waits for a collector that is away', async () => {
    peer.goAway();
    const uplink = start({ backoff: { baseMs: 300_000, maxMs: 300_000 } });
    await until(() => uplink.state.type === 'waiting');
    stop.abort();
    await running;
    expect(uplink.state.type).toBe('idle');
  });
});

describe('the status', () => {
  test('is reported on connecting and at each interval', async () => {
    start({ statusIntervalMs: 20 });
    await until(() => peer.statuses.length >= 3);
    expect(peer.statuses[0]).toMatchObject({ detectorId: 'D1', version: 'test' });
  });

  test('refused by the collector is told, and events are sent all the same', async () => {
    peer.statusError = { code: status.FAILED_PRECONDITION, details: 'no such detector' };
    const refusals: string[] = [];
    outbox.append(madeUpEvents(10));
    start({ onStatusRefused: ({ message }) => refusals.push(message) });
    await drained();
    await until(() => refusals.length === 1);
    expect(refusals[0]).toContain('no such detector');
    expect(failures).toEqual([]);
  });
});

test('a connection that failed is let go of whole: weeks without a collector cost no memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const heapMb = () => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const unpooled = { 'grpc.use_local_subchannel_pool': 1 } as const;
  peer.goAway();
  start({
    backoff: { baseMs: 1, maxMs: 1 },
    connect: () => new CollectorServiceClient(peer.address, credentials.createInsecure(), unpooled),
  });
  const heapAfter = (count: number) =>
    vi.waitFor(() => expect(failures.length).toBeGreaterThanOrEqual(count), 60_000).then(heapMb);
  const before = await heapAfter(100);
  // Each that stayed would take 20 kB.
  expect((await heapAfter(1100)) - before).toBeLessThan(5);
});

describe('the pulse of an uplink', () => {
  /** The real time, and as much more as a test says. */
  const clockAhead = () => {
    const ahead = { ms: 0 };
    return { ahead, clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + ahead.ms } };
  };

  test('beats while it is connected and while it waits for the next try', async () => {
    const { ahead, clock } = clockAhead();
    const uplink = start({ clock, statusIntervalMs: 10, backoff: { baseMs: 10, maxMs: 10 } });
    await until(() => uplink.state.type === 'connected');
    ahead.ms += 2 * hangsAfterMs;
    await until(() => !uplink.pulse.hangs);
    await peer[Symbol.asyncDispose]();
    await until(() => failures.length > 2);
    ahead.ms += 2 * hangsAfterMs;
    await until(() => !uplink.pulse.hangs);
    stop.abort();
    await running;
    ahead.ms += 2 * hangsAfterMs;
    expect(uplink.pulse.hangs).toBe(false);
  });

  test('is late when the next status is never told', async () => {
    const { ahead, clock } = clockAhead();
    const lost = { ...clock, sleep: () => new Promise<never>(() => {}) };
    const uplink = start({ clock: lost, statusIntervalMs: 1000 });
    await until(() => uplink.state.type === 'connected' && peer.statuses.length === 1);
    await until(() => {
      ahead.ms += hangsAfterMs;
      return uplink.pulse.hangs;
    });
  });
});
