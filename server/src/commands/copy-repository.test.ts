import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { deviceClasses } from '@tdc/shared/device-class.ts';
import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Alert, noticeOf } from '../alerts/alert.ts';
import { alertClaimName } from '../alerts/claim-name.ts';
import { madeUpAlert } from '../alerts/made-up-notice.ts';
import { openRepository } from '../context.ts';
import { allEvents, detector } from '../repositories/contract-subject.ts';
import { EtcdCluster } from '../repositories/etcd/etcd-process.ts';
import type { Repository, WorkerSession } from '../repository.ts';
import { type Backend, copyRepository } from './copy-repository.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });
let cluster: EtcdCluster;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-copy-'));
  cluster = await EtcdCluster.start();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const sqlite = (name: string): Backend => ({ type: 'sqlite', file: join(folder, `${name}.sqlite`) });
const etcd = (prefix: string): Backend => ({ type: 'etcd', endpoints: cluster.endpoints, prefix, historyMinutes: 0 });
const open = (backend: Backend) => openRepository(backend, systemClock, logger, never);
const copy = (from: Backend, to: Backend, signal = never, report: (text: string) => void = () => {}) =>
  copyRepository({ from, to, clock: systemClock, logger, report }, signal);

async function contentOf(backend: Backend) {
  await using repository = await open(backend);
  const detectors = await repository.network.detectors(never);
  const events = [];
  for (const { id } of detectors) events.push(...(await allEvents(repository, { detectorId: id })));
  const links = await repository.network.links(never);
  const routes = await repository.routes.list(never);
  const estimates = await Promise.all(
    links.map(async ({ fromDetectorId, toDetectorId }) => {
      const range = { fromDetectorId, toDetectorId, fromMs: 0, toMs: 2 ** 48, limit: 1000 };
      return repository.estimates.scan({ ...range, order: 'oldest-first', revisions: 'all' }, never);
    }),
  );
  const newest = await repository.estimates.newest(never);
  const enrolments = await repository.enrolments.enrolments(never);
  const certificates = (await repository.enrolments.certificates(never)).map((record) => ({
    ...record,
    certificate: Buffer.from(record.certificate).toString(),
  }));
  const statuses = await repository.statuses.list(never);
  const alerts = {
    current: await repository.alerts.current(never),
    closed: await repository.alerts.closed({ limit: 1000 }, never),
    notices: await repository.alerts.notices(never),
    note: (await repository.claims.load(alertClaimName, never))?.value,
  };
  return { detectors, links, routes, estimates, newest, statuses, events, enrolments, certificates, alerts };
}

async function fill(backend: Backend): Promise<void> {
  await using repository = await open(backend);
  for (const id of ['D1', 'D2', 'D3']) await repository.network.putDetector(detector(id), never);
  await repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, lengthM: 12 }, never);
  await repository.network.putLink({ fromDetectorId: 'D3', toDetectorId: 'D2', maxSeconds: 600 }, never);
  await repository.routes.put({ id: 'bridge', name: 'Over the bridge', detectorIds: ['D1', 'D2'] }, never);
  const times = { createdAtMs: 1, expiresAtMs: 2 };
  await repository.enrolments.putEnrolment({ detectorId: 'D1', secretHash: 'ab', usedFor: '01', ...times }, never);
  await repository.enrolments.putEnrolment({ detectorId: 'D2', secretHash: 'cd', ...times }, never);
  for (const serial of ['01', '02']) {
    const record = { detectorId: 'D1', serial, issuedAtMs: 3, expiresAtMs: 4, certificate: Buffer.from(serial) };
    await repository.enrolments.addCertificate(record, { forgetBeforeMs: 0 }, never);
  }
  await repository.enrolments.revoke('D1', '01', { atMs: 5, reason: 'stolen' }, never);
  await using session = await repository.claims.join('filling', never);
  const claim = await session.claim('D2', never);
  const estimates = Array.from({ length: 900 }, (_, i) => ({
    ...{ fromDetectorId: i % 4 < 2 ? 'D3' : 'D1', toDetectorId: 'D2', revision: 1 + (i % 2) },
    timeMs: 1_700_000_040_000 + Math.floor(i / 4) * 60_000,
    estimate: { samples: i, status: 'no_data' as const },
  }));
  if (claim !== undefined) await repository.estimates.publish(claim, estimates, estimates.slice(-1), never);
  for (const detectorId of ['D1', 'D3']) {
    const events = Array.from({ length: 3500 }, (_, i) =>
      madeUpEvent({
        ...{ detectorId, referenceTimeMs: 1_700_000_000_000 + i * 500 },
        ...(i % 2 === 0 ? { deviceClass: deviceClasses[i % deviceClasses.length] ?? 'other' } : {}),
      }),
    );
    await repository.events.append(events, never);
  }
  await fillAlerts(repository, session);
}

const alertAt = (second: number, given: Partial<Alert> = {}): Alert =>
  madeUpAlert({ id: firstEventIdAt(1_700_000_000_000 + second * 1000), subject: `D${second}`, ...given });
const closed = { atMs: 1_700_000_900_000, detail: 'it is back' };
const acknowledgement = { by: 'anna', atMs: 1_700_000_800_000, note: 'on my way', requestId: 'r1' };

/** More than a page of closed ones, some of them acknowledged before; two that are not; notices of three. */
async function fillAlerts({ alerts, claims }: Repository, session: WorkerSession): Promise<void> {
  const claim = await session.claim(alertClaimName, never);
  if (claim === undefined) throw new Error('somebody else has the alerts');
  const noticesOf = (alert: Alert, event: 'opened' | 'closed') => [noticeOf(alert, event, 'mail', 1)];
  for (let second = 0; second < 122; second++) {
    const alert = alertAt(second);
    await alerts.put(claim, alert, second > 120 ? noticesOf(alert, 'opened') : [], never);
    const seen = second % 3 === 0 ? await alerts.acknowledge(alert.id, acknowledgement, never) : alert;
    if (second >= 120) continue;
    const over = { ...seen, closed, version: seen.version + 1 };
    await alerts.put(claim, over, second < 2 ? noticesOf(over, 'closed') : [], never);
  }
  await claims.save(claim, JSON.stringify({ looked_at_ms: 7 }), never);
}

test('a repository copied from a file to etcd and back is the same', async () => {
  await fill(sqlite('a'));
  const content = await contentOf(sqlite('a'));
  expect(await copy(sqlite('a'), etcd('a'))).toMatchObject({
    ...{ detectors: 3, links: 2, routes: 1, statuses: 0, events: 7000, alerts: 122 },
  });
  expect(await contentOf(etcd('a'))).toEqual(content);
  await copy(etcd('a'), sqlite('b'));
  expect(await contentOf(sqlite('b'))).toEqual(content);
});

test('a copy that is made again brings along how alerts have gone on, and leaves what the other has closed', async () => {
  const [from, to] = [sqlite('d'), etcd('d')];
  const [first, second, third] = [alertAt(1), alertAt(2), alertAt(3)];
  const change = async (backend: Backend, ...changes: readonly Alert[]) => {
    await using repository = await open(backend);
    await using session = await repository.claims.join('watching', never);
    const claim = await session.claim(alertClaimName, never);
    if (claim === undefined) throw new Error('somebody else has the alerts');
    for (const alert of changes) expect(await repository.alerts.put(claim, alert, [], never)).toBe('stored');
  };
  const acknowledge = async (backend: Backend, id: string, by: string) => {
    await using repository = await open(backend);
    await repository.alerts.acknowledge(id, { ...acknowledgement, by, requestId: by }, never);
  };
  await change(from, first, second, third);
  await copy(from, to);
  await change(to, { ...third, closed, version: 2 });
  await acknowledge(to, second.id, 'ben');
  for (const { id } of [first, second, third]) await acknowledge(from, id, 'anna');
  await change(from, { ...first, acknowledgement: { ...acknowledgement, requestId: 'anna' }, closed, version: 3 });
  await copy(from, to);
  const { alerts } = await contentOf(to);
  expect(alerts.current).toMatchObject([{ id: second.id, acknowledgement: { by: 'ben' }, version: 2 }]);
  expect(alerts.closed).toMatchObject([
    { id: third.id, version: 2 },
    { id: first.id, acknowledgement: { by: 'anna' }, version: 3 },
  ]);
});

test('a copy into a repository whose alerts somebody watches over is refused, and says why', async () => {
  await using repository = await open(etcd('e'));
  await using session = await repository.claims.join('watching', never);
  await session.claim(alertClaimName, never);
  await expect(copy(sqlite('e'), etcd('e'))).rejects.toThrow(/a server watches over alerts .*: stop it first/);
});

test('a copy that is interrupted goes on where it stopped', async () => {
  await fill(sqlite('c'));
  const stop = new AbortController();
  const interrupted = copy(sqlite('c'), etcd('c'), stop.signal);
  await using watching = await open(etcd('c'));
  await expect
    .poll(async () => (await watching.claims.load('repository-copy', never))?.value ?? '', { interval: 1 })
    .not.toBe('');
  stop.abort(new Error('enough'));
  await expect(interrupted).rejects.toThrow('enough');
  const said: string[] = [];
  const { events } = await copy(sqlite('c'), etcd('c'), never, (text) => said.push(text));
  expect(said.join()).toContain('going on at detector');
  expect(events).toBeLessThan(7000);
  expect(await contentOf(etcd('c'))).toEqual(await contentOf(sqlite('c')));
});

test('a copy into itself is refused', async () => {
  await expect(copy(sqlite('a'), sqlite('a'))).rejects.toThrow(/the same repository/);
});
