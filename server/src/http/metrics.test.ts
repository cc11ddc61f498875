import { UnavailableError } from '@tdc/shared/errors.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertClaimName } from '../alerts/claim-name.ts';
import { madeUpAlert, madeUpNotice } from '../alerts/made-up-notice.ts';
import { NoticeCounts } from '../alerts/notice-counts.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';
import { listen } from './listener.ts';

const never = new AbortController().signal;
let subject: HttpSubject;
beforeAll(async () => {
  subject = await startHttpSubject(['secret-place', 'D1', 'D2']);
  await subject.repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
  const status = AgentStatus.fromPartial({ detectorId: 'D1' });
  await subject.repository.statuses.put({ status, reportedAtMs: Date.now() }, never);
  await subject.publish(madeUpEstimate(0));
});
afterAll(() => subject[Symbol.asyncDispose]());

/** Samples by name and labels. */
async function scrape({ get }: HttpSubject): Promise<ReadonlyMap<string, number>> {
  const { status, headers, text } = await get('/metrics');
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics say how the server, its detectors and links are, and how requests went', async () => {
  await subject.get('/api/v1/detectors/secret-place');
  await subject.get('/api/v1/events?kinds=x');
  using listener = await listen(`${subject.url}/api/v1/live`);
  await expect.poll(() => listener.events.length).toBeGreaterThan(0);
  const samples = await scrape(subject);
  expect(Object.fromEntries(samples)).toMatchObject({
    tdc_server_serving: 1,
    tdc_http_live_listeners: 1,
    'tdc_detectors{state="ok"}': 1,
    'tdc_detectors{state="never"}': 2,
    'tdc_detectors{state="failing"}': 0,
    'tdc_estimates{status="live"}': 1,
    'tdc_http_request_duration_seconds_count{route="/api/v1/detectors/:detector_id",status="200"}': 1,
    'tdc_http_request_duration_seconds_count{route="/api/v1/events",status="400"}': 1,
    tdc_metrics_failures_total: 0,
  });
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  expect([...samples.keys()].filter((name) => /secret-place|D1/.test(name))).toEqual([]);
});

test('metrics are there while the repository does not answer, and say so', async () => {
  const repository = await temporaryRepository(['D1']);
  const statuses = {
    put: repository.statuses.put.bind(repository.statuses),
    get: repository.statuses.get.bind(repository.statuses),
    list: () => Promise.reject(new UnavailableError('the disk is gone')),
  };
  await using failing = await startHttpSubject([], { repository: { ...repository, statuses } });
  failing.setServing(false);
  await scrape(failing);
  const samples = await scrape(failing);
  expect(samples.get('tdc_server_serving')).toBe(0);
  expect(samples.get('tdc_metrics_failures_total')).toBeGreaterThan(0);
  expect([...samples.keys()].filter((name) => name.startsWith('tdc_detectors'))).toEqual([]);
});

test('metrics say how alerts are, what of them is still to be told and what has become of the rest, when somebody looked, and what the estimator has come to', async () => {
  const notices = new NoticeCounts();
  const figures = () => ({ published: { first: 120, revised: 7 }, heapBytes: 1_000_000 });
  await using alerting = await startHttpSubject(['D1'], { notices, figures });
  const before = await scrape(alerting);
  expect([...before.keys()].filter((name) => name.startsWith('tdc_alerts_last_look'))).toEqual([]);
  expect(before.get('tdc_alerts{cause="drops",state="open"}')).toBe(0);
  expect(before.get('tdc_alert_notices_waiting{channel="mail"}')).toBe(0);

  const { alerts, claims } = alerting.repository;
  await using session = await claims.join('a worker', never);
  const claim = (await session.claim(alertClaimName, never)) ?? expect.fail();
  const ids = ['01HF7YAT00000000000000001', '01HF7YAT00000000000000002', '01HF7YAT00000000000000003'];
  for (const [index, id] of ids.entries()) {
    const alert = { id, subject: `D${index}` };
    await alerts.put(claim, madeUpAlert(alert), [madeUpNotice('webhook', alert)], never);
  }
  await alerts.acknowledge(ids[0] ?? '', { by: 'anna', atMs: 1, note: '', requestId: 'r' }, never);
  await alerts.put(claim, madeUpAlert({ id: ids[1] ?? '', closed: { atMs: 2, detail: '' }, version: 2 }), [], never);
  const note = { watching_since_ms: 1, looked_at_ms: 1_700_000_010_000, watches: [], drops: [] };
  await claims.save(claim, JSON.stringify(note), never);
  notices.add('webhook', 'not_taken', 5);
  expect(Object.fromEntries(await scrape(alerting))).toMatchObject({
    'tdc_alerts{cause="detector_silent",state="open"}': 1,
    'tdc_alerts{cause="detector_silent",state="acknowledged"}': 1,
    'tdc_alerts{cause="drops",state="open"}': 0,
    'tdc_alert_notices_waiting{channel="webhook"}': 3,
    'tdc_alert_notices_waiting{channel="mail"}': 0,
    'tdc_alert_notices_total{channel="webhook",outcome="not_taken"}': 5,
    'tdc_alert_notices_total{channel="mail",outcome="taken"}': 0,
    'tdc_estimates_published_total{kind="first"}': 120,
    'tdc_estimates_published_total{kind="revised"}': 7,
    tdc_estimator_heap_bytes: 1_000_000,
    tdc_alerts_last_look_timestamp_seconds: 1_700_000_010,
    tdc_metrics_failures_total: 0,
  });
});
