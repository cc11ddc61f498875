import { UnavailableError } from '@tdc/shared/errors.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
