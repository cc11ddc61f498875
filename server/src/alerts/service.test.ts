import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, systemClock } from '@tdc/shared/clock.ts';
import { AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepClaims } from '../claims/keep-claims.ts';
import { calendarOf } from '../history/calendar.ts';
import { EtcdCluster } from '../repositories/etcd/etcd-process.ts';
import { openEtcdRepository } from '../repositories/etcd/repository.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Repository } from '../repository.ts';
import { alertClaimName } from './claim-name.ts';
import { NoticeCounts } from './notice-counts.ts';
import type { AlertRules } from './rules.ts';
import { type AlertsOptions, runAlerts } from './service.ts';
import { webhookChannel } from './webhook.ts';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });
const rules: AlertRules = { drops: true, outboxEvents: 1000, travelTimeSeconds: new Map() };
let folder: string;
let cluster: EtcdCluster;
let prefixes = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-alerts-'));
  writeFileSync(join(folder, 'secret'), `whsec_${randomBytes(32).toString('base64')}`);
  cluster = await EtcdCluster.start();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const openEtcd = (prefix: string) =>
  openEtcdRepository({ endpoints: cluster.endpoints, prefix, clock: systemClock, logger, historyMinutes: 0 }, never);

const backends = {
  SQLite: async () => {
    const repository = await temporaryRepository(['D1', 'D2']);
    return { repository, another: async () => repository };
  },
  etcd: async () => {
    const prefix = `alerts-${++prefixes}`;
    const repository = await openEtcd(prefix);
    for (const id of ['D1', 'D2']) {
      await repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
    }
    return { repository, another: () => openEtcd(prefix) };
  },
};

/** A worker that watches, as those of a server do. */
function startWorker(
  repository: Repository,
  name: string,
  receiver: WebhookReceiver,
  given: Partial<AlertsOptions> = {},
) {
  const stop = new AbortController();
  const channels = [webhookChannel({ url: receiver.url, secretFile: join(folder, 'secret') }, systemClock)];
  const options = {
    repository,
    rules,
    channels,
    calendar: calendarOf('UTC'),
    clock: systemClock,
    logger,
    random: () => 0,
  };
  const running = keepClaims(
    {
      ...{ claims: repository.claims, workerId: name, clock: systemClock, logger },
      names: async () => [alertClaimName],
      work: (claim, signal) => runAlerts({ ...options, lookEveryMs: 20, deliverEveryMs: 20, ...given }, claim, signal),
    },
    stop.signal,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('the worker is stopped'));
      await running;
    },
  };
}

const told = ({ posts }: WebhookReceiver) =>
  posts.map(({ body }) => {
    const { id, type, data } = JSON.parse(body);
    return { id, type, subject: data.subject, cause: data.cause };
  });

describe.each(Object.entries(backends))('alerts over %s', (_, open) => {
  let repository: Repository;
  let another: () => Promise<Repository>;
  let dropped = 0n;
  /** By how much the clock of the workers is ahead. */
  let aheadMs = 0;

  beforeEach(async () => {
    ({ repository, another } = await open());
    dropped = 0n;
    aheadMs = 0;
    await report('D1');
    return () => repository[Symbol.asyncDispose]();
  });

  async function report(detectorId: string, given: Parameters<typeof AgentStatus.fromPartial>[0] = {}) {
    const status = AgentStatus.fromPartial({ detectorId, clock: ClockState.CLOCK_STATE_SYNCHRONISED, ...given });
    await repository.statuses.put({ status, reportedAtMs: Date.now() + aheadMs }, never);
  }
  /** More events are dropped, once the detector has been looked at. */
  async function drop(detectorId = 'D1') {
    await wait(100);
    dropped += 5n;
    await report(detectorId, { events: { dropped: [{ reason: 'overflow', count: dropped }] } });
  }
  const current = () => repository.alerts.current(never);
  async function until(what: string, isSo: () => Promise<boolean>) {
    for (let tries = 0; tries < 500; tries++) {
      if (await isSo()) return;
      await wait(20);
    }
    throw new Error(`waited in vain for ${what}`);
  }
  const settled = () =>
    until('all notices to be told', async () => (await repository.alerts.notices(never)).length === 0);

  test('are opened and told once, and closed and told once', async () => {
    await using receiver = await startWebhookReceiver();
    const silent: AlertRules = { ...rules, drops: false, silentMinutes: 0.01 };
    await using _worker = startWorker(repository, 'a', receiver, { rules: silent });
    await receiver.came(1);
    await settled();
    await wait(300);
    expect(told(receiver)).toMatchObject([{ type: 'alert.opened', subject: 'D1', cause: 'detector_silent' }]);
    const reporting = setInterval(() => void report('D1'), 100);
    try {
      await receiver.came(2);
    } finally {
      clearInterval(reporting);
    }
    await until('it to be closed', async () => (await repository.alerts.closed({ limit: 1 }, never)).length === 1);
    const [opened, closed] = told(receiver);
    expect(closed?.type).toBe('alert.closed');
    expect(closed?.id.split('-')[0]).toBe(opened?.id.split('-')[0]);
  });

  test('are told once a receiver that was down is there, in their order and once each', async () => {
    const { url, ...down } = await startWebhookReceiver();
    await down[Symbol.asyncDispose]();
    await report('D2');
    await using _worker = startWorker(repository, 'a', { url } as WebhookReceiver);
    await until('the first look', async () => (await repository.claims.load(alertClaimName, never)) !== undefined);
    await drop('D1');
    await until('the first alert', async () => (await current()).length === 1);
    await drop('D2');
    await until('the second alert', async () => (await current()).length === 2);
    await wait(200);
    expect(await repository.alerts.notices(never)).toHaveLength(2);
    await using receiver = await startWebhookReceiver(undefined, Number(new URL(url).port));
    await settled();
    expect(told(receiver)).toMatchObject([{ subject: 'D1' }, { subject: 'D2' }]);
  });

  test('are told again, under the same id, by who goes on after one that was stopped while it told them', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.answer = () => {};
    {
      await using _worker = startWorker(repository, 'a', receiver);
      await until('the first look', async () => (await repository.claims.load(alertClaimName, never)) !== undefined);
      await drop();
      await receiver.came(1);
    }
    receiver.answer = (response) => void response.writeHead(200).end();
    await using _next = startWorker(repository, 'b', receiver);
    await settled();
    await wait(200);
    const [first, second, ...more] = told(receiver);
    expect(second).toEqual(first);
    expect(more).toEqual([]);
    expect(await current()).toHaveLength(1);
  });

  test('that a receiver refuses are given up, and those after them are told', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.answer = (response) => {
      const isFirst = told(receiver).at(-1)?.subject === 'D1';
      response.writeHead(isFirst ? 400 : 204).end();
    };
    await report('D2');
    const counts = new NoticeCounts();
    await using _worker = startWorker(repository, 'a', receiver, { counts });
    await until('the first look', async () => (await repository.claims.load(alertClaimName, never)) !== undefined);
    await drop('D1');
    await until('the first alert', async () => (await current()).length === 1);
    await drop('D2');
    await until('the second alert', async () => (await current()).length === 2);
    await settled();
    expect(told(receiver).map(({ subject }) => subject)).toEqual(['D1', 'D1', 'D1', 'D1', 'D1', 'D2']);
    expect(counts.all().filter(({ count }) => count > 0)).toEqual([
      { channel: 'webhook', outcome: 'taken', count: 1 },
      { channel: 'webhook', outcome: 'not_taken', count: 5 },
      { channel: 'webhook', outcome: 'given_up', count: 1 },
    ]);
  });

  test('are watched for by one worker of several, and by another when that one goes', async () => {
    await using receiver = await startWebhookReceiver();
    const second = await another();
    const [a, b] = [startWorker(repository, 'a', receiver), startWorker(second, 'b', receiver)];
    await until('the first look', async () => (await repository.claims.load(alertClaimName, never)) !== undefined);
    await drop();
    await until('the alert', async () => (await current()).length === 1);
    await settled();
    const [holder] = [...(await repository.claims.claims(never)).values()];
    await (holder === 'a' ? a : b)[Symbol.asyncDispose]();
    // Lost between the two workers is nothing: what was dropped meanwhile is compared with what the first has noted.
    await report('D2', { events: { dropped: [{ reason: 'overflow', count: 3n }] } });
    await until('the other alert', async () => (await current()).length === 2);
    await settled();
    expect(told(receiver).map(({ subject }) => subject)).toEqual(['D1', 'D2']);
    await (holder === 'a' ? b : a)[Symbol.asyncDispose]();
    if (second !== repository) await second[Symbol.asyncDispose]();
  });

  test('that somebody acknowledges meanwhile are closed all the same, and keep that', async () => {
    await using receiver = await startWebhookReceiver();
    await report('D1', { events: { inOutbox: 5000n } });
    const clock: Clock = {
      nowMs: () => Date.now() + aheadMs,
      monotonicMs: () => systemClock.monotonicMs(),
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    };
    await using _worker = startWorker(repository, 'a', receiver, { clock });
    await until('the first look', async () => (await repository.claims.load(alertClaimName, never)) !== undefined);
    await wait(100);
    aheadMs += 6 * 60_000;
    await receiver.came(1);
    const [alert = expect.fail()] = await current();
    await repository.alerts.acknowledge(alert.id, { by: 'anna', atMs: 5, note: '', requestId: 'r' }, never);
    await report('D1', { events: { inOutbox: 0n } });
    await wait(100);
    aheadMs += 6 * 60_000;
    await receiver.came(2);
    expect(await repository.alerts.closed({ limit: 9 }, never)).toMatchObject([
      { id: alert.id, acknowledgement: { by: 'anna' }, closed: { detail: '0 events wait in the box' }, version: 3 },
    ]);
  });
});
