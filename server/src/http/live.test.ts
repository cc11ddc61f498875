import { connect } from 'node:net';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { AgentStatus, ScannerState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlertStore } from '../alert-store.ts';
import type { Alert } from '../alerts/alert.ts';
import { alertClaimName } from '../alerts/claim-name.ts';
import { madeUpAlert } from '../alerts/made-up-notice.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Repository } from '../repository.ts';
import { type HttpSubject, publish, startHttpSubject } from './http-subject.ts';
import { type Listener, listen } from './listener.ts';

const never = new AbortController().signal;
const link = { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 };
let subject: HttpSubject;

beforeEach(async () => {
  subject = await startHttpSubject(['D1', 'D2']);
  await subject.repository.network.putLink(link, never);
});
afterEach(() => subject[Symbol.asyncDispose]());

const live = (headers?: Readonly<Record<string, string>>) => listen(`${subject.url}/api/v1/live`, headers);
const position = { type: 'plane', xM: 0, yM: 0 } as const;
const nameIn = ({ events }: Listener, id: string) => events.findLast(({ data }) => data.detector_id === id)?.data.name;
const minutesOf = (listener: Listener) => listener.named('estimate').map(({ time }) => String(time).slice(11, 16));
const reportFailure = () => {
  const scanners = [{ name: 'hci0', state: ScannerState.SCANNER_STATE_FAILED }];
  const status = AgentStatus.fromPartial({ detectorId: 'D2', scanners });
  return subject.repository.statuses.put({ status, reportedAtMs: Date.now() }, never);
};

/** A repository that counts how often closed alerts are read. */
async function countingRepository() {
  const repository = await temporaryRepository(['D1', 'D2']);
  const { alerts } = repository;
  const reads = { closed: 0 };
  const counting: AlertStore = {
    current: (signal) => alerts.current(signal),
    closed: (scan, signal) => {
      reads.closed++;
      return alerts.closed(scan, signal);
    },
    put: (claim, alert, notices, signal) => alerts.put(claim, alert, notices, signal),
    acknowledge: (id, acknowledgement, signal) => alerts.acknowledge(id, acknowledgement, signal),
    notices: (signal) => alerts.notices(signal),
    removeNotices: (claim, ids, signal) => alerts.removeNotices(claim, ids, signal),
    removeClosedBefore: (timeMs, signal) => alerts.removeClosedBefore(timeMs, signal),
  };
  return { repository: { ...repository, alerts: counting }, reads };
}

test('closed alerts are read when one that a listener knows has ended, and not at every look', async () => {
  const { repository, reads } = await countingRepository();
  await using counted = await startHttpSubject([], { repository });
  const { alerts, claims } = repository;
  await using session = await claims.join('a worker', never);
  const claim = (await session.claim(alertClaimName, never)) ?? expect.fail();
  const alertOf = (number: number) => madeUpAlert({ id: `01HF7YAT0000000000000000${number}`, subject: `D${number}` });
  const [first, second, third] = [alertOf(0), alertOf(1), alertOf(2)];
  const put = (alert: Alert) => alerts.put(claim, alert, [], never);
  const close = (alert: Alert) => put({ ...alert, closed: { atMs: 5, detail: 'over' }, version: 2 });
  // Over before anybody listens: no end that a listener has to be told of.
  await put(first);
  await close(first);
  await put(second);
  using listener = await listen(`${counted.url}/api/v1/live`);
  const states = () => listener.named('alert').map(({ subject, state }) => `${subject} ${state}`);
  await expect.poll(states, { timeout: 5000 }).toEqual(['D1 open']);
  await put(third);
  await expect.poll(states, { timeout: 5000 }).toEqual(['D1 open', 'D2 open']);
  expect(reads.closed).toBe(0);
  await close(second);
  await expect.poll(states, { timeout: 5000 }).toEqual(['D1 open', 'D2 open', 'D1 closed']);
  await close(third);
  await expect.poll(states, { timeout: 5000 }).toEqual(['D1 open', 'D2 open', 'D1 closed', 'D2 closed']);
  expect(reads.closed).toBe(2);
  expect(listener.named('begin')).toHaveLength(1);
});

describe('a listener', () => {
  test('gets all there is, then estimates as they are published and detectors whose state changes', async () => {
    await subject.publish(madeUpEstimate(0));
    using listener = await live();
    expect(listener.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    await expect.poll(() => listener.named('heartbeat').length).toBe(1);
    expect(listener.events.map(({ event }) => event)).toEqual([
      'begin',
      'detector',
      'detector',
      'estimate',
      'heartbeat',
    ]);
    expect(listener.named('begin')).toEqual([{ resumed: false }]);
    expect(listener.named('heartbeat')).toMatchObject([{ stale_since: null, problem: null }]);
    expect(minutesOf(listener)).toEqual(['22:14']);
    await subject.publish(madeUpEstimate(1));
    await expect.poll(() => minutesOf(listener), { timeout: 5000 }).toEqual(['22:14', '22:15']);
    await reportFailure();
    await expect
      .poll(() => listener.named('detector').at(-1), { timeout: 5000 })
      .toMatchObject({ detector_id: 'D2', state: 'failing' });
    expect(listener.named('detector')).toHaveLength(3);
    expect(listener.named('begin')).toHaveLength(1);
  });

  test('that comes back gets what it missed, once, and is told when that is not known', async () => {
    await subject.publish(madeUpEstimate(0));
    const first = await live();
    await expect.poll(() => first.named('heartbeat').length).toBe(1);
    const lastEventId = first.events.at(-1)?.id ?? '';
    first[Symbol.dispose]();
    await subject.publish(madeUpEstimate(1));
    using second = await live({ 'last-event-id': lastEventId });
    await expect.poll(() => minutesOf(second), { timeout: 5000 }).toEqual(['22:15']);
    expect([second.named('begin'), second.named('detector')]).toEqual([[{ resumed: true }], []]);
    for (const unknown of ['0123456789ab-1', 'x', `${lastEventId}999`]) {
      using other = await live({ 'last-event-id': unknown });
      await expect.poll(() => minutesOf(other), { timeout: 5000 }).toEqual(['22:15']);
      expect(other.named('begin')).toEqual([{ resumed: false }]);
    }
  });

  test('is told to forget what it has when something is no more', async () => {
    using listener = await live();
    await expect.poll(() => listener.named('detector').length).toBe(2);
    await subject.repository.network.deleteLink('D1', 'D2', never);
    await subject.repository.network.deleteDetector('D2', never);
    await expect.poll(() => listener.named('begin').length, { timeout: 5000 }).toBe(2);
    await expect.poll(() => listener.named('heartbeat').length).toBe(2);
    expect(listener.named('detector').slice(2)).toMatchObject([{ detector_id: 'D1' }]);
  });

  test('is ended when the server ends, at once', async () => {
    using listener = await live();
    await expect.poll(() => listener.named('heartbeat').length).toBe(1);
    await subject.stop(60_000);
    await listener.ended;
  });
});

test('a hundred listeners are all served, and none is left when they have gone', async () => {
  const listeners = await Promise.all(Array.from({ length: 100 }, () => live()));
  await subject.publish(madeUpEstimate(0));
  for (const listener of listeners) {
    await expect.poll(() => minutesOf(listener), { timeout: 10_000 }).toEqual(['22:14']);
    listener[Symbol.dispose]();
  }
  using last = await live();
  await expect.poll(() => minutesOf(last)).toEqual(['22:14']);
});

test('a listener that stops to read is cut off with a bounded amount waiting for it, and others are served meanwhile', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `D${index}`);
  await using big = await startHttpSubject(ids, {
    patience: { headersMs: 10_000, slowReaderMs: 5000, keepAliveMs: 60_000 },
  });
  const { port } = new URL(big.url);
  const stalled = Array.from({ length: 3 }, () => {
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    socket.on('error', () => {}).pause();
    socket.write('GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  });
  using listener = await listen(`${big.url}/api/v1/live`);
  await expect.poll(() => listener.events.length, { timeout: 10_000 }).toBeGreaterThan(60);
  // More than the system keeps for a connection on which nobody reads.
  for (let round = 0; round < 12; round++) {
    const name = `${round} ${'n'.repeat(60_000)}`;
    for (const id of ids) await big.repository.network.putDetector({ id, name, position }, never);
    await expect.poll(() => ids.every((id) => nameIn(listener, id) === name), { timeout: 10_000 }).toBe(true);
  }
  const sentBytes = listener.named('detector').reduce((sum, data) => sum + JSON.stringify(data).length, 0);
  for (const socket of stalled) {
    const cut = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await cut;
    // What the system had kept of both ends, and one piece.
    expect(socket.bytesRead).toBeLessThan(sentBytes / 3);
  }
  await big.repository.network.putDetector({ id: 'D0', name: 'last', position }, never);
  await expect.poll(() => nameIn(listener, 'D0'), { timeout: 5000 }).toBe('last');
});

describe('while the repository cannot be read', () => {
  let broken = false;
  let repository: Repository;
  let failing: HttpSubject;
  beforeEach(async () => {
    broken = false;
    repository = await temporaryRepository(['D1', 'D2']);
    await repository.network.putLink(link, never);
    const { estimates } = repository;
    const newest = async (signal: AbortSignal) => {
      if (broken) throw new UnavailableError('the disk is gone');
      return estimates.newest(signal);
    };
    const guarded = {
      newest,
      publish: estimates.publish.bind(estimates),
      scan: estimates.scan.bind(estimates),
      removeBefore: estimates.removeBefore.bind(estimates),
    };
    failing = await startHttpSubject([], { repository: { ...repository, estimates: guarded } });
  });
  afterEach(() => failing[Symbol.asyncDispose]());

  test('a listener is told that what it has is of before, and goes on afterwards', async () => {
    using listener = await listen(`${failing.url}/api/v1/live`);
    await expect.poll(() => listener.named('heartbeat').length).toBe(1);
    broken = true;
    await expect.poll(() => listener.named('heartbeat').at(-1)?.problem, { timeout: 5000 }).toMatch(/cannot be read/);
    broken = false;
    await publish(repository, [madeUpEstimate(3)]);
    await expect.poll(() => minutesOf(listener), { timeout: 5000 }).toEqual(['22:17']);
    expect(listener.named('heartbeat').at(-1)?.problem).toBe(null);
  });

  test('who begins to listen gets the reason, and can begin afterwards', async () => {
    broken = true;
    const { status, headers, text } = await failing.get('/api/v1/live');
    expect([status, headers['content-type']]).toEqual([503, 'application/problem+json; charset=utf-8']);
    expect(text).toContain('the disk is gone');
    broken = false;
    using listener = await listen(`${failing.url}/api/v1/live`);
    await expect.poll(() => listener.named('heartbeat').length).toBe(1);
  });
});
