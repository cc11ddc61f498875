import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';
import type { Problem } from './schemas/problem.ts';

let subject: HttpSubject;
beforeAll(async () => {
  subject = await startHttpSubject(['D1', 'D2']);
});
afterAll(() => subject[Symbol.asyncDispose]());

const problemAt = async (...asked: Parameters<HttpSubject['get']>): Promise<Problem> => {
  const { status, headers, text } = await subject.get(...asked);
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(text) as Problem;
  expect(problem).toMatchObject({ status, request_id: headers['x-request-id'] });
  return problem;
};

const time = 'expected ISO 8601 with an offset and since 1970, such as 2026-03-01T08:00:00Z';
const id = "expected 1 to 64 of letters, digits, '_' and '-'";
const token = 'expected the next_page_token of an earlier answer';
const ends = 'expected the ends of a link, such as D1:D2';

describe('a parameter that cannot be is told with what came and what was expected', () => {
  test.each([
    ['events?detector_ids=D%201', 'detector_ids[0]', '"D 1"', id],
    ['events?detector_ids=D1&detector_ids=', 'detector_ids[1]', '""', id],
    ['events?kinds=bluetooth', 'kinds[0]', '"bluetooth"', /^expected one of "classic"\|"ble"/],
    ['events?device_classes=car', 'device_classes[0]', '"car"', /^expected one of "car-kit"/],
    ['events?device_id=AA:BB:CC', 'device_id', '"AA:BB:CC"', 'expected 6 to 32 lower-case hexadecimal digits'],
    ['events?from=yesterday', 'from', '"yesterday"', time],
    ['events?from=2026-03-01T08:00:00', 'from', '"2026-03-01T08:00:00"', time],
    ['events?to=1969-12-31T23:59:59Z', 'to', '"1969-12-31T23:59:59Z"', time],
    ['events?from=2026-03-01T08:00:00Z&to=2026-03-01T07:00:00Z', 'to', /./, /not before from/],
    ['events?order=random', 'order', '"random"', /^expected one of "oldest-first"/],
    ['events?order=newest-first&order=oldest-first', 'order', '["newest-first","oldest-first"]', /expected one of/],
    ['events?page_size=0', 'page_size', '"0"', 'expected a number from 1 to 1000'],
    ['events?page_size=1001', 'page_size', '"1001"', 'expected a number from 1 to 1000'],
    ['events?page_size=0x10', 'page_size', '"0x10"', 'expected a number from 1 to 1000'],
    ['events?page_token=', 'page_token', '""', token],
    ['events?page_token=bm90IG9uZQ', 'page_token', '"bm90IG9uZQ"', /^not a token/],
    ['events?detector=D1', 'detector', '"D1"', 'expected no parameter of this name'],
    ['events?__proto__=x', '__proto__', /.*/, 'expected no parameter of this name'],
    [`events?${'kinds=ble&'.repeat(6)}`, 'kinds', /ble/, 'expected at most 5'],
    ['estimates?links=D1', 'links[0]', '"D1"', ends],
    ['estimates?from=2026-03-01T08:00:00Z', 'from', '"2026-03-01T08:00:00Z"', 'expected no parameter of this name'],
    ['estimates/history?links=D1:D2:D3', 'links[0]', '"D1:D2:D3"', ends],
    ['estimates/history?revisions=first', 'revisions', '"first"', /^expected one of "last"/],
    ['estimates/history?page_token=W10', 'page_token', '"W10"', /^not a token/],
    ['route', 'detector_ids', null, 'expected two detectors or more'],
    ['route?detector_ids=D1', 'detector_ids', '"D1"', 'expected two detectors or more'],
    ['route?detector_ids=D1&detector_ids=D2&arrival=now', 'arrival', '"now"', time],
    ['detectors?silent_after_seconds=-1', 'silent_after_seconds', '"-1"', 'expected a number from 1 to 86400'],
    ['detectors/D%2F1', 'detector_id', '"D/1"', id],
    ['detectors/..%2F..%2Fetc%2Fpasswd', 'detector_id', '"../../etc/passwd"', id],
    ['links/D1/%00', 'to_detector_id', '"\\u0000"', id],
    ['links?all=1', 'all', '"1"', 'expected no parameter of this name'],
    ['links.geojson?page_size=1', 'page_size', '"1"', 'expected no parameter of this name'],
    ['links.datex2.xml?country=DE', 'country', '"DE"', 'expected no parameter of this name'],
    ['events.csv?page_size=5', 'page_size', '"5"', 'expected no parameter of this name'],
    ['events.csv?from=2026-03-01T08:00:00Z&to=2026-03-01T07:00:00Z', 'to', /./, /not before from/],
    ['events.awam.csv?time_zone=Mars/Olympus', 'time_zone', '"Mars/Olympus"', /^expected the name of a time zone/],
    ['estimates/history.parquet?links=D1', 'links[0]', '"D1"', ends],
    ['estimates/history.awam.csv?order=newest-first', 'order', /./, 'expected no parameter of this name'],
    ['links/D1/D2/matches.csv?from=2026-03-01T08:00:00Z', 'to', null, time],
    ['links/D1/D2/matches.awam.csv?to=2026-03-01T08:00:00Z', 'from', null, time],
    [
      'links/D1/D2/matches.csv?from=2026-03-01T08:00:00Z&to=2026-03-02T10:00:00Z',
      'to',
      /./,
      /^expected at most 25 hours/,
    ],
    ['links/D1/D2/peers?from=2026-03-01T08:00:00Z', 'to', null, time],
    ['links/D1/D2/peers?from=2026-03-01T08:00:00Z&to=2026-03-02T10:00:00Z', 'to', /./, /^expected at most 25 hours/],
    [
      'links/D1/D2/peers?from=2026-03-01T08:00:00Z&to=2026-03-01T09:00:00Z&estimators=kalman',
      'estimators[0]',
      '"kalman"',
      /^expected one of "grid-filter"\|"transguide"/,
    ],
    ['live?since=1', 'since', '"1"', 'expected no parameter of this name'],
  ])('%s', async (path, field, came, message) => {
    const { status, errors, detail, type } = await problemAt(`/api/v1/${path}`);
    expect([status, type]).toEqual([400, 'urn:tdc:problem:invalid-input']);
    const [first] = errors;
    expect(errors).toHaveLength(1);
    expect(first?.field).toBe(field);
    if (came instanceof RegExp) expect(first?.came ?? '').toMatch(came);
    else expect(first?.came).toBe(came);
    if (message instanceof RegExp) expect(first?.message).toMatch(message);
    else expect(first?.message).toBe(message);
    expect(detail).toContain(field);
  });

  test('and all of them at once', async () => {
    const { errors } = await problemAt('/api/v1/events?kinds=x&page_size=0&from=then&colour=red');
    expect(errors.map(({ field }) => field).sort()).toEqual(['colour', 'from', 'kinds[0]', 'page_size']);
  });

  test('and what came is cut where it is long', async () => {
    const { errors } = await problemAt(`/api/v1/events?device_id=${'x'.repeat(7000)}`);
    expect(errors[0]?.came).toMatch(/^"x{99}…$/);
  });
});

describe('a request is refused', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])(
    'by the method %s, as all is for reading',
    async (method) => {
      const answer = await subject.get('/api/v1/links', { method });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
    },
  );

  test.each([
    ['/api/v1/nothing', 404],
    ['/api/docs/../../../../etc/passwd', 404],
    ['/api/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd', 404],
    ['/api/docs.css/../../server/package.json', 404],
    ['/%ff', 400],
    ['/api/v1/detectors/%', 400],
    [`/api/v1/detectors/${'D'.repeat(300)}`, 414],
    [`/api/v1/events?from=${'x'.repeat(8200)}`, 414],
  ] as const)('for where it leads: %s', async (path, status) => {
    expect(await problemAt(path)).toMatchObject({ status });
  });

  test.each(['evil.example', 'localhost.evil.example', '10.0.0.1:8080', 'a b'])(
    'that takes this machine for another: %s',
    async (host) => {
      expect(await problemAt('/api/v1/links', { headers: { host } })).toMatchObject({ status: 421 });
    },
  );
  test.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:8080'])('and not by the name %s', async (host) => {
    expect((await subject.get('/api/v1/links', { headers: { host } })).status).toBe(200);
  });

  test.each([
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['headers of 20 KiB', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('that is %s', async (_, bytes, status) => {
    const socket = connect(Number(new URL(subject.url).port), '127.0.0.1', () => socket.write(bytes));
    let text = '';
    for await (const part of socket) text += String(part);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('while the repository does not answer, as not ready', async () => {
    subject.setServing(false);
    const answer = await subject.get('/readyz');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.json()).toMatchObject({ type: 'urn:tdc:problem:unavailable', retryable: true });
    expect((await subject.get('/healthz')).json()).toEqual({ status: 'alive' });
    subject.setServing(true);
    expect((await subject.get('/readyz')).json()).toEqual({ status: 'serving' });
  });
});
