import { rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { check } from '@placemarkio/check-geojson';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPublication } from '../formats/datex2/validated.ts';
import { hostileNames, madeUpDetectors, madeUpLinks, madeUpMinuteMs, madeUpNewest } from '../formats/made-up-links.ts';
import { inSqliteShell } from '../formats/sqlite-shell.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';

const never = new AbortController().signal;
const t0 = 1_700_000_000_000;
/** As CSV more than what lies between a reader that takes nothing and us. */
const eventCount = 30_000;
let subject: HttpSubject;

/** Half an hour of cars from D1 to D2, before the last full minutes. */
function traffic() {
  const endMs = Math.floor(Date.now() / 60_000) * 60_000 - 15 * 60_000;
  return Array.from({ length: 60 }, (_, car) => {
    const deviceId = (0xbeef0000 + car).toString(16);
    const startMs = endMs - 30 * 60_000 + car * 30_000;
    const passage = (detectorId: string, referenceTimeMs: number) =>
      madeUpEvent({ detectorId, deviceId, referenceTimeMs, madeAtMs: referenceTimeMs + 31_000 });
    return [passage('D1', startMs), passage('D2', startMs + 90_000 + (car % 7) * 1000)];
  }).flat();
}

beforeAll(async () => {
  subject = await startHttpSubject([]);
  const { network, routes, events } = subject.repository;
  for (const detector of madeUpDetectors) await network.putDetector(detector, never);
  for (const link of madeUpLinks) await network.putLink(link, never);
  await routes.put({ id: 'north', name: hostileNames.quotes, detectorIds: ['D1', 'D2'] }, never);
  for (const newest of madeUpNewest) await subject.publish(newest);
  for (let minute = 1; minute <= 20; minute++) await subject.publish(madeUpEstimate(minute));
  for (let i = 0; i < eventCount; i += 1000) {
    const page = Array.from({ length: 1000 }, (_, j) => madeUpEvent({ referenceTimeMs: t0 + 1000 * (i + j) }));
    await events.append(page, never);
  }
  await events.append(traffic(), never);
});
afterAll(() => subject[Symbol.asyncDispose]());

const get = async (path: string) => {
  const answer = await subject.get(`/api/v1/${path}`);
  expect([path, answer.status, answer.status === 200 ? '' : answer.text]).toEqual([path, 200, '']);
  return answer;
};
const of = (iso: string) => encodeURIComponent(iso);
const minute = (number: number) => of(new Date(madeUpMinuteMs + number * 60_000).toISOString());

test('links and detectors are GeoJSON to another parser, and unchanged while nothing changes', async () => {
  const answer = await get('links.geojson');
  expect(answer.headers['content-type']).toBe('application/geo+json; charset=utf-8');
  const { features } = check(answer.text) as { features: { properties: Record<string, unknown> }[] };
  // What was published years ago is no value of now.
  expect(features.map(({ properties }) => properties.status)).toEqual(Array(6).fill('no_data'));
  expect(features.map(({ properties }) => properties.mean_seconds)).toEqual(Array(6).fill(null));
  const again = await subject.get('/api/v1/detectors.geojson', {
    headers: { 'if-none-match': String((await get('detectors.geojson')).headers.etag) },
  });
  expect(again.status).toBe(304);
  const detectors = check((await get('detectors.geojson')).text) as { features: unknown[] };
  expect(detectors.features).toHaveLength(madeUpDetectors.length);
});

test('routes are GeoJSON to another parser, a valid publication of DATEX II, and CSV to the SQLite shell', async () => {
  const { features } = check((await get('routes.geojson')).text) as { features: { id: string; geometry: unknown }[] };
  expect(features).toMatchObject([{ id: 'north', geometry: { type: 'LineString' } }]);
  using read = readPublication((await get('routes.datex2.xml')).text);
  expect(read.texts('//loc:externalLocationCode')).toEqual(['north']);
  expect(read.texts('//roa:travelTime/com:dataError')).toEqual(['true']);
  const csv = await get('routes.csv');
  expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(inSqliteShell(csv.text, 'SELECT route_id, name, detector_ids, status, reasons FROM t')).toEqual([
    {
      ...{ route_id: 'north', name: hostileNames.quotes, detector_ids: '["D1","D2"]', status: 'no_data' },
      reasons: '["D1 to D2: no estimate of the ten minutes before"]',
    },
  ]);
});

test('links are a valid publication of DATEX II', async () => {
  const answer = await get('links.datex2.xml');
  expect(answer.headers['content-type']).toBe('application/xml');
  using read = readPublication(answer.text);
  expect(read.texts('//loc:externalLocationCode').toSorted()).toEqual(
    madeUpLinks.map((link) => `${link.fromDetectorId}:${link.toDetectorId}`).sort(),
  );
  expect(read.texts('//roa:travelTime/com:dataError')).toEqual(Array(6).fill('true'));
  expect(read.texts('//com:country')).toEqual(['ZZ']);
});

describe('CSV in the SQLite shell', () => {
  test('has every event, in the order that was asked for', async () => {
    const { text, headers } = await get('events.csv?to=2024-01-01T00:00:00Z&order=newest-first');
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="events.csv"',
    });
    expect(text.split('\r\n')).toHaveLength(eventCount + 2);
    const [row] = inSqliteShell(text, 'SELECT count(*) n, count(DISTINCT id) ids, min(rssi_peak_dbm) rssi FROM t');
    expect(row).toEqual({ n: eventCount, ids: eventCount, rssi: '-61' });
    const [last] = inSqliteShell(text, 'SELECT reference_time FROM t LIMIT 1');
    expect(last).toEqual({ reference_time: new Date(t0 + 1000 * (eventCount - 1)).toISOString() });
  });

  test('has the travel times now, and those of before link after link', async () => {
    const now = inSqliteShell((await get('estimates.csv')).text, 'SELECT * FROM t ORDER BY from_detector_id');
    expect(now).toHaveLength(madeUpNewest.length);
    expect(now[0]).toMatchObject({ from_detector_id: 'D1', mean_seconds: '110.5', status: 'live', samples: '5' });
    const { text } = await get(`estimates/history.csv?from=${minute(1)}&to=${minute(11)}&links=D1:D2`);
    const [row] = inSqliteShell(text, 'SELECT count(*) n, avg(mean_seconds) mean, min(time) first FROM t');
    expect(row).toEqual({ n: 10, mean: 96, first: '2023-11-14T22:15:00.000Z' });
  });

  test('has the columns of AWAM, without a header, and names that it shows and does not compute', async () => {
    const { text: reads } = await get('events.awam.csv?to=2023-11-14T22:13:25Z&time_zone=America/Chicago');
    expect(inSqliteShell(reads, 'SELECT * FROM t', { columns: 5 })).toHaveLength(5);
    expect(reads.split('\r\n')[0]).toBe('11/14/2023 04:13:53 PM,,11/14/2023 04:13:20 PM,D1,c0ffee01');
    const { text } = await get(`estimates/history.awam.csv?from=${minute(0)}&to=${minute(21)}`);
    const rows = inSqliteShell(text, 'SELECT * FROM t', { columns: 15 });
    expect(rows.map(({ c1, c10, c11 }) => [c1, c10, c11])).toEqual([
      ['D1', '11/14/2023 10:15 PM', '92'],
      ['D1', '11/14/2023 10:20 PM', '97'],
      ['D1', '11/14/2023 10:25 PM', '102'],
      ['D1', '11/14/2023 10:30 PM', '107'],
    ]);
    expect(rows[0]).toMatchObject({ c3: hostileNames.quotes, c6: hostileNames.lines, c13: '5', c14: '5' });
  });

  test('has the matches of a link with what became of them, and without any device', async () => {
    const at = (ago: number) => of(new Date(Date.now() - ago).toISOString());
    const range = `from=${at(2 * 3600_000)}&to=${at(0)}`;
    const { text } = await get(`links/D1/D2/matches.csv?${range}`);
    const rows = inSqliteShell(text, 'SELECT travel_seconds, reason FROM t');
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.every(({ travel_seconds: seconds }) => Number(seconds) >= 90 && Number(seconds) < 97)).toBe(true);
    expect(text).not.toContain('beef');
    const awam = (await get(`links/D1/D2/matches.awam.csv?${range}`)).text;
    const lines = inSqliteShell(awam, 'SELECT * FROM t', { columns: 9 });
    expect(lines).toHaveLength(rows.length);
    expect(lines[0]).toMatchObject({ c1: '', c2: 'D1', c3: 'D2', c8: expect.stringMatching(/^(in)?valid$/) });
    expect((await subject.get(`/api/v1/links/D1/M1/matches.awam.csv?${range}`)).status).toBe(404);
  });

  test('is a header where there is nothing', async () => {
    for (const path of ['events.csv?detector_ids=M1', 'estimates/history.csv?to=2000-01-01T00:00:00Z']) {
      expect(inSqliteShell((await get(path)).text, 'SELECT * FROM t')).toEqual([]);
    }
    for (const path of ['events.awam.csv?detector_ids=M1', 'estimates/history.awam.csv?to=2000-01-01T00:00:00Z']) {
      expect((await get(path)).text).toBe('');
    }
  });
});

test('Parquet comes to DuckDB as it was published', async () => {
  const { bytes, headers } = await get('estimates/history.parquet');
  expect(headers['content-type']).toBe('application/vnd.apache.parquet');
  const file = join(tmpdir(), `tdc-files-${process.pid}.parquet`);
  writeFileSync(file, bytes);
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await duckdb.runAndReadAll(
    `SELECT count(*), count(mean_seconds), count(DISTINCT status), max(time) FROM '${file}'`,
  );
  expect(reader.getRowsJS()).toEqual([[25n, 23n, 4n, new Date(madeUpMinuteMs + 20 * 60_000)]]);
  duckdb.closeSync();
  rmSync(file);
});

const begin = (headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(`${subject.url}/api/v1/events.csv`, { agent: false, headers }, resolve).on('error', reject).end();
  return promise;
};

describe('an answer of any length', () => {
  const brokenOff = () => subject.log.filter(({ msg }) => msg === 'an answer was broken off').length;

  test('waits for its reader, ends when that has gone away, and leaves a place for others', async () => {
    const readers = await Promise.all([begin(), begin(), begin(), begin()]);
    // Each is larger than what lies between them and us: they are all under way.
    const refused = await subject.get('/api/v1/events.csv');
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5']);
    expect(refused.json()).toMatchObject({ type: 'urn:tdc:problem:limit-reached', retryable: true });
    expect((await subject.get('/api/v1/links')).status).toBe(200);
    const before = brokenOff();
    for (const reader of readers) reader.on('error', () => {}).destroy();
    await expect.poll(brokenOff, { timeout: 5000 }).toBe(before + 4);
    expect((await subject.get('/api/v1/events.csv?to=2024-01-01T00:00:00Z&kinds=ble')).status).toBe(200);
  });

  test('is packed for who unpacks it', async () => {
    const response = await begin({ 'accept-encoding': 'gzip' });
    expect(response.headers['content-encoding']).toBe('gzip');
    response.destroy();
    const parquet = await subject.get('/api/v1/estimates/history.parquet', { headers: { 'accept-encoding': 'gzip' } });
    expect(parquet.headers['content-encoding']).toBeUndefined();
  });

  test('is not made for who asks for its headers alone', async () => {
    expect((await subject.get('/api/v1/events.csv', { method: 'HEAD' })).status).toBe(404);
  });
});

describe('without any link', () => {
  test('GeoJSON is an empty collection, and DATEX II has nothing to publish', async () => {
    await using empty = await startHttpSubject([]);
    expect((await empty.get('/api/v1/links.geojson')).json()).toEqual({
      ...{ type: 'FeatureCollection', features: [], stale_since: null },
    });
    expect((await empty.get('/api/v1/detectors.geojson')).json()).toMatchObject({ features: [] });
    const answer = await empty.get('/api/v1/links.datex2.xml');
    expect([answer.status, answer.json().detail]).toEqual([404, expect.stringContaining('there is no link')]);
    const routes = await empty.get('/api/v1/routes.datex2.xml');
    expect([routes.status, routes.json().detail]).toEqual([404, expect.stringContaining('no route has a name')]);
  });
});

test('a file is broken off when the server ends, so that nobody takes it for whole', async () => {
  const reader = await begin();
  const broken = new Promise<Error>((resolve) => reader.on('error', resolve));
  const stopped = subject.stop(1000);
  reader.resume();
  expect((await broken).message).toBe('aborted');
  expect(reader.complete).toBe(false);
  await stopped;
});
