import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { AgentStatus, ScannerState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { statusJson } from '@tdc/shared/status-json.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventRecord } from '../records/event-record.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';
import type { Problem } from './schemas/problem.ts';

const never = new AbortController().signal;
const script = '<script>alert(1)</script>';

type Row = Readonly<Record<string, unknown>>;
interface Body extends Readonly<Record<'detectors' | 'links' | 'events' | 'estimates' | 'routes', readonly Row[]>> {
  readonly detector: Row;
  readonly route: Row;
  readonly next_page_token: string | null;
}
let subject: HttpSubject;
const t0 = 1_700_000_000_000;
const events = [
  madeUpEvent({ detectorId: 'D1', referenceTimeMs: t0, kind: 'ble', deviceId: 'abcdef' }),
  madeUpEvent({ detectorId: 'D2', referenceTimeMs: t0 + 1000, kind: 'wifi', previousDeviceId: 'abcdef' }),
  madeUpEvent({ detectorId: 'D1', referenceTimeMs: t0 + 2000, deviceClass: 'phone' }),
];
const status = AgentStatus.fromPartial({
  detectorId: 'D1',
  version: '1.2.3',
  scanners: [{ name: 'hci0', state: ScannerState.SCANNER_STATE_FAILED, lastError: script }],
  clockStep: { stepMs: 1500n, atNs: 1n },
  configuration: { authorFingerprint: 'ab', sequence: 3, refused: { sequence: 4, reason: 'no', atNs: 1n } },
  machine: {
    ...{ uptimeSeconds: 5, memoryBytes: 1n, processorCelsius: 40 },
    ...{ power: { underVoltage: true }, battery: { lowVolts: 11 }, disk: { bytes: 9n, lifeUsedPercent: 3 } },
  },
  events: { made: 7n, acknowledged: 4n, inOutbox: 2n, dropped: [{ reason: 'full', count: 1n }] },
});

beforeAll(async () => {
  subject = await startHttpSubject(['D1', 'D2', 'D3']);
  const { network, routes, statuses, events: store } = subject.repository;
  await network.putDetector(
    { id: 'D3', name: script, position: { type: 'geo', latitude: 52.5, longitude: 13.4 } },
    never,
  );
  await network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, lengthM: 1200 }, never);
  await network.putLink({ fromDetectorId: 'D2', toDetectorId: 'D3', maxSeconds: 900, estimator: 'mad' }, never);
  await routes.put({ id: 'whole', name: '', detectorIds: ['D1', 'D2', 'D3'] }, never);
  await routes.put({ id: 'short', name: script, detectorIds: ['D2', 'D3'] }, never);
  await statuses.put({ status, reportedAtMs: Date.now() }, never);
  await store.append(events, never);
  const changed = madeUpEstimate(1, { revision: 2, estimate: { samples: 0, status: 'no_data', clockOffsetS: -9.5 } });
  await subject.publish(madeUpEstimate(0), madeUpEstimate(1), changed);
  await subject.publish(madeUpEstimate(1, { fromDetectorId: 'D2', toDetectorId: 'D3' }));
});
afterAll(() => subject[Symbol.asyncDispose]());

const read = async (path: string) => {
  const answer = await subject.get(path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<Body>();
};
const idsOf = async (query: string) => (await read(`/api/v1/events?${query}`)).events.map(({ id }) => id);

describe('a read', () => {
  test('of detectors has how they are, and of one all that its agent says', async () => {
    const { detectors } = await read('/api/v1/detectors');
    expect(detectors).toMatchObject([
      {
        detector_id: 'D1',
        state: 'failing',
        reasons: expect.arrayContaining([`scanner hci0 failed: ${script}`]),
        x_m: 0,
        latitude: null,
      },
      { detector_id: 'D2', state: 'never', reported_at: null },
      { detector_id: 'D3', name: script, latitude: 52.5, longitude: 13.4, x_m: null },
    ]);
    const { detector } = await read('/api/v1/detectors/D1');
    expect(detector).toMatchObject({ detector_id: 'D1', status: statusJson(status) });
    expect((await subject.get('/api/v1/detectors/D9')).status).toBe(404);
  });

  test('of links has them all, or one', async () => {
    const { links } = await read('/api/v1/links');
    expect(links).toMatchObject([
      { from_detector_id: 'D1', to_detector_id: 'D2', max_seconds: 600, length_m: 1200, estimator: null },
      { from_detector_id: 'D2', to_detector_id: 'D3', max_seconds: 900, length_m: null, estimator: 'mad' },
    ]);
    expect(await read('/api/v1/links/D2/D3')).toEqual({ link: links[1], stale_since: null });
    expect((await subject.get('/api/v1/links/D3/D2')).status).toBe(404);
  });

  test('of events has those that pass, in the order that is asked for', async () => {
    const ids = events.map(({ id }) => id);
    const answer = await read('/api/v1/events');
    expect(answer).toEqual({ events: events.map(eventRecord), next_page_token: null, stale_since: null });
    expect(await idsOf('order=newest-first')).toEqual(ids.toReversed());
    expect(await idsOf('detector_ids=D1')).toEqual([ids[0], ids[2]]);
    expect(await idsOf('detector_ids=D1&detector_ids=D2')).toEqual(ids);
    expect(await idsOf('kinds=ble&kinds=wifi')).toEqual(ids.slice(0, 2));
    expect(await idsOf('device_classes=phone')).toEqual(ids.slice(2));
    expect(await idsOf('device_id=abcdef')).toEqual(ids.slice(0, 2));
    const [from, to] = [t0 + 1000, t0 + 2000].map((ms) => new Date(ms).toISOString());
    expect(await idsOf(`from=${from}&to=${to}`)).toEqual(ids.slice(1, 2));
    expect(await idsOf(`from=${encodeURIComponent('2023-11-14T23:13:21+01:00')}`)).toEqual(ids.slice(1));
  });

  test('of estimates has the newest, and of before each minute as it counts or every revision', async () => {
    const { estimates } = await read('/api/v1/estimates');
    const [changed, other] = estimates;
    expect(changed).toMatchObject({ from_detector_id: 'D1', revision: 2, status: 'no_data', mean_seconds: null });
    expect(changed).toMatchObject({ samples: 0, age_seconds: null, clock_offset_seconds: -9.5 });
    expect(other).toMatchObject({ from_detector_id: 'D2', revision: 1, status: 'live', mean_seconds: 91.5 });
    expect(other).toMatchObject({ delay_seconds: 31.5, samples: 5, time: '2023-11-14T22:15:00.000Z' });
    expect(await read('/api/v1/estimates?links=D2:D3')).toEqual({ estimates: [other], stale_since: null });
    const revisionsOf = async (query: string) =>
      (await read(`/api/v1/estimates/history?${query}`)).estimates.map(({ revision }) => revision);
    expect(await revisionsOf('links=D1:D2')).toEqual([1, 2]);
    expect(await revisionsOf('links=D1:D2&revisions=all')).toEqual([1, 1, 2]);
    expect(await revisionsOf('from=2023-11-14T22:15:00Z')).toEqual([2, 1]);
    const first = await read('/api/v1/estimates/history?page_size=1&revisions=all');
    expect(first.estimates).toHaveLength(1);
    const second = await read(
      `/api/v1/estimates/history?page_size=1&revisions=all&page_token=${first.next_page_token}`,
    );
    expect(second.estimates).toMatchObject([{ revision: 1 }, { revision: 2 }]);
  });

  test('of a route adds its links up as the driver met them', async () => {
    const { route } = await read('/api/v1/route?detector_ids=D2&detector_ids=D3&arrival=2023-11-14T22:15:30Z');
    expect(route).toMatchObject({ status: 'live', arrival: '2023-11-14T22:15:30.000Z' });
    expect(route).toMatchObject({ mean_seconds: 91.5, estimates: [{ from_detector_id: 'D2' }] });
    const { status: code, json } = await subject.get('/api/v1/route?detector_ids=D1&detector_ids=D3');
    expect([code, json<Problem>().errors]).toEqual([
      404,
      [{ field: 'detector_ids[1]', came: '"D3"', message: 'there is no link from D1 to D3' }],
    ]);
  });

  test('of a route that has a name is of now, or of a time before, and says of each link why it is not live', async () => {
    const { route } = await read('/api/v1/routes/short?arrival=2023-11-14T22:15:30Z');
    expect(route).toMatchObject({ route_id: 'short', name: script, detector_ids: ['D2', 'D3'], status: 'live' });
    expect(route).toMatchObject({ mean_seconds: 91.5, reasons: [], estimates: [{ from_detector_id: 'D2' }] });
    const { age_seconds: age } = (await read('/api/v1/estimates?links=D2:D3')).estimates[0] ?? {};
    expect(route).toMatchObject({ age_seconds: age });
    const later = (await read('/api/v1/routes/short?arrival=2023-11-14T22:22:00Z')).route;
    expect(later).toMatchObject({ status: 'stale', mean_seconds: 91.5, age_seconds: Number(age) + 7 * 60 });
    expect(later.reasons).toEqual(['D2 to D3: its last match, or what was published last, is old']);
    const whole = (await read('/api/v1/routes/whole?arrival=2023-11-14T22:17:00Z')).route;
    expect(whole).toMatchObject({ status: 'no_data', mean_seconds: null, age_seconds: null });
    expect(whole.reasons).toEqual(['D1 to D2: its clocks differ by -9.5 s']);
    const now = (await read('/api/v1/routes/whole')).route;
    expect(now).toMatchObject({ status: 'no_data', mean_seconds: null, estimates: [] });
    expect(now.reasons).toEqual(
      ['D1', 'D2'].map((from, i) => `${from} to D${i + 2}: no estimate of the ten minutes before`),
    );
    expect((await subject.get('/api/v1/routes/nowhere')).status).toBe(404);
    expect((await subject.get('/api/v1/routes/no%20where')).status).toBe(400);
  });

  test('of the routes that have a name comes in pages, by id', async () => {
    const all = await read('/api/v1/routes');
    expect(all.routes.map(({ route_id: id }) => id)).toEqual(['short', 'whole']);
    expect(all.next_page_token).toBeNull();
    const first = await read('/api/v1/routes?page_size=1');
    expect(first.routes).toMatchObject([{ route_id: 'short' }]);
    const second = await read(`/api/v1/routes?page_size=1&page_token=${first.next_page_token}`);
    expect([second.routes.map(({ route_id: id }) => id), second.next_page_token]).toEqual([['whole'], null]);
    expect((await subject.get('/api/v1/routes?page_token=%20')).status).toBe(400);
  });
});

describe('an answer', () => {
  test('has an entity tag, by which what has not changed is not sent again', async () => {
    for (const path of ['/api/v1/detectors', '/api/v1/events', '/api/v1/estimates', '/api/docs', '/api/openapi.json']) {
      const { etag = '' } = (await subject.get(path)).headers;
      expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
      for (const known of [etag, `"x", ${etag}`, etag.slice(2), '*']) {
        const again = await subject.get(path, { headers: { 'if-none-match': known } });
        expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
      }
      expect((await subject.get(path, { headers: { 'if-none-match': 'W/"other"' } })).status).toBe(200);
    }
    const { etag = '' } = (await subject.get('/api/v1/links')).headers;
    const added = { fromDetectorId: 'D3', toDetectorId: 'D1', maxSeconds: 600 };
    await subject.repository.network.putLink(added, never);
    const changed = await subject.get('/api/v1/links', { headers: { 'if-none-match': etag } });
    expect([changed.status, changed.headers.etag === etag]).toEqual([200, false]);
    await subject.repository.network.deleteLink('D3', 'D1', never);
  });

  test('comes compressed to who takes that, when it is worth it', async () => {
    const plain = await subject.get('/api/openapi.json');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const gzip = await subject.get('/api/openapi.json', { headers: { 'accept-encoding': 'gzip' } });
    expect([gzip.headers['content-encoding'], gunzipSync(gzip.bytes).toString()]).toEqual(['gzip', plain.text]);
    const brotli = await subject.get('/api/openapi.json', { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect([brotli.headers['content-encoding'], brotliDecompressSync(brotli.bytes).toString()]).toEqual([
      'br',
      plain.text,
    ]);
    expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect(brotli.headers.etag).toBe(plain.headers.etag);
    expect(brotli.headers.vary).toMatch(/accept-encoding/i);
    const small = await subject.get('/healthz', { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  test.each(['/api/v1/links', '/api/docs', '/nothing', '/api/v1/events?from=x'])(
    'forbids pages of others to use it, and browsers to guess: %s',
    async (path) => {
      const { headers } = await subject.get(path, { headers: { origin: 'https://elsewhere.example' } });
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self';/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    },
  );

  test('bears the id of its request, which the log has too', async () => {
    const own = await subject.get('/api/v1/links', { headers: { 'x-request-id': 'mine-4711' } });
    expect(own.headers['x-request-id']).toBe('mine-4711');
    await expect
      .poll(() => subject.log)
      .toContainEqual(expect.objectContaining({ request_id: 'mine-4711', status: 200 }));
    for (const insane of ['a b', 'x'.repeat(65), '"}', '']) {
      const { headers } = await subject.get('/api/v1/links', { headers: { 'x-request-id': insane } });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('holds text of others as data of JSON alone', async () => {
    for (const path of [
      '/api/v1/detectors',
      '/api/v1/detectors/D1',
      `/api/v1/events?from=${encodeURIComponent(script)}`,
    ]) {
      const { headers, text } = await subject.get(path);
      expect(headers['content-type']).toMatch(/^application\/(problem\+)?json; charset=utf-8$/);
      expect(text).toContain(JSON.stringify(script).slice(1, -1));
    }
    const page = await subject.get('/api/docs');
    expect(page.text).not.toContain('<script');
  });
});
