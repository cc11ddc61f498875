import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { check } from '@placemarkio/check-geojson';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPublication } from '../../formats/datex2/validated.ts';
import {
  hostileNames,
  madeUpDetectors,
  madeUpLinks,
  madeUpMinuteMs,
  madeUpNewest,
} from '../../formats/made-up-links.ts';
import { inSqliteShell } from '../../formats/sqlite-shell.ts';
import { publish } from '../../http/http-subject.ts';
import { madeUpEstimate } from '../../repositories/made-up-estimate.ts';
import { openSqliteRepository } from '../../repositories/sqlite/repository.ts';
import { type ClientSubject, startSubject } from '../client-subject.ts';
import type { ClientContext } from '../context.ts';
import { exportDetectors } from './export-detectors.ts';
import { exportEstimates } from './export-estimates.ts';
import { exportEvents } from './export-events.ts';
import { exportLinks } from './export-links.ts';
import { exportMatches } from './export-matches.ts';
import { exportRoutes } from './export-routes.ts';

const never = new AbortController().signal;
const eventCount = 12_000;
const firstMs = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 3600_000;
let subject: ClientSubject;
let empty: ClientSubject;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-export-'));
  [subject, empty] = await Promise.all([startSubject(), startSubject()]);
  // One process at a time has the file.
  await subject.stop();
  await fill(join(subject.folder, 'tdc.sqlite'));
  await subject.start();
}, 60_000);

async function fill(file: string): Promise<void> {
  await using repository = await openSqliteRepository({ file });
  for (const detector of madeUpDetectors) await repository.network.putDetector(detector, never);
  for (const link of madeUpLinks) await repository.network.putLink(link, never);
  await repository.routes.put({ id: 'north', name: hostileNames.quotes, detectorIds: ['D1', 'D2'] }, never);
  for (const newest of madeUpNewest) await publish(repository, [newest]);
  for (let minute = 1; minute <= 20; minute++) await publish(repository, [madeUpEstimate(minute)]);
  for (let i = 0; i < eventCount; i += 1000) {
    const page = Array.from({ length: 500 }, (_, j) => {
      const device = { deviceId: (0xc0ff0000 + i + j).toString(16), addressClass: 'public' as const };
      const startMs = firstMs + 500 * (i / 2 + j);
      return [
        madeUpEvent({ ...device, detectorId: 'D1', referenceTimeMs: startMs }),
        madeUpEvent({ ...device, detectorId: 'D2', referenceTimeMs: startMs + 90_000 }),
      ];
    }).flat();
    await repository.events.append(page, never);
  }
}

afterAll(async () => {
  await Promise.all([subject, empty].map((each) => each[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true });
});

async function out(work: (context: ClientContext) => Promise<void>, of = subject): Promise<string> {
  using client = of.client();
  await work(client.context);
  return client.out();
}
const events = { format: 'csv', timeZone: 'UTC' } as const;
const estimates = { format: 'csv', timeZone: 'UTC' } as const;
const links = { format: 'geojson', datex2Country: 'ZZ', datex2Identifier: 'tdc' } as const;
const detectors = { format: 'geojson', silentAfter: '3m' } as const;
const matches = { format: 'csv', timeZone: 'UTC', to: 'now', from: '-4h' } as const;
const d1ToD2 = { fromDetectorId: 'D1', toDetectorId: 'D2' };

test('events are CSV to the SQLite shell, lines of JSON, and what an AWAM host writes', async () => {
  const csv = await out((context) => exportEvents(context, events));
  const counts = inSqliteShell(csv, 'SELECT count(*) n, count(DISTINCT id) ids, min(detector_id) first FROM t');
  expect(counts).toEqual([{ n: eventCount, ids: eventCount, first: 'D1' }]);
  const narrow = {
    ...events,
    detector: ['D2'],
    kind: ['classic' as const],
    to: new Date(firstMs + 90_000 + 2500).toISOString(),
  };
  const lines = (await out((context) => exportEvents(context, { ...narrow, format: 'ndjson' }))).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).detector_id)).toEqual(['D2', 'D2', 'D2', 'D2', 'D2']);
  const awam = await out((context) => exportEvents(context, { ...narrow, format: 'awam' }));
  expect(inSqliteShell(awam, 'SELECT c4, c5 FROM t LIMIT 1', { columns: 5 })).toEqual([{ c4: 'D2', c5: 'c0ff0000' }]);
});

test('routes are GeoJSON, DATEX II, CSV and lines of JSON', async () => {
  const [geojson, csv, lines, datex2] = await Promise.all(
    (['geojson', 'csv', 'ndjson', 'datex2'] as const).map((format) =>
      out((context) => exportRoutes(context, { ...links, format })),
    ),
  );
  using read = readPublication(datex2 ?? '');
  expect(read.texts('//loc:externalLocationCode')).toEqual(['north']);
  const { features } = check(geojson ?? '') as { features: { id: string; geometry: unknown }[] };
  expect(features).toMatchObject([{ id: 'north', geometry: { type: 'LineString' } }]);
  expect(inSqliteShell(csv ?? '', 'SELECT route_id, name, status FROM t')).toEqual([
    { route_id: 'north', name: hostileNames.quotes, status: 'no_data' },
  ]);
  expect(JSON.parse(lines ?? '')).toMatchObject({ route_id: 'north', detector_ids: ['D1', 'D2'], mean_seconds: null });
});

test('travel times are CSV, and the summaries of an AWAM host', async () => {
  const csv = await out((context) => exportEstimates(context, { ...estimates, link: [d1ToD2] }));
  const [row] = inSqliteShell(csv, 'SELECT count(*) n, max(mean_seconds + 0) mean FROM t');
  expect(row).toEqual({ n: 21, mean: 110.5 });
  const awam = await out((context) => exportEstimates(context, { ...estimates, format: 'awam' }));
  const rows = inSqliteShell(awam, 'SELECT c3, c11 FROM t', { columns: 15 });
  expect(rows).toEqual([92, 97, 102, 107].map((mean) => ({ c3: hostileNames.quotes, c11: String(mean) })));
});

test('travel times are Parquet to DuckDB, in a file that appears when it is whole', async () => {
  const file = join(folder, 'estimates.parquet');
  using client = subject.client();
  await exportEstimates(client.context, { ...estimates, format: 'parquet', file });
  expect([client.out(), client.err()]).toEqual(['', `tdc: ${file}: 25 travel times\n`]);
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const read = await duckdb.runAndReadAll(`SELECT count(*), max(time), sum(samples) FROM '${file}'`);
  expect(read.getRowsJS()).toEqual([[25n, new Date(madeUpMinuteMs + 20 * 60_000), 115n]]);
  duckdb.closeSync();
  expect(readdirSync(folder)).toEqual(['estimates.parquet']);
});

test('links and detectors are GeoJSON to another parser', async () => {
  const text = await out((context) => exportLinks(context, links));
  const { features } = check(text) as { features: { properties: Record<string, unknown> }[] };
  expect(features.map(({ properties }) => properties.from_name)).toContain(hostileNames.script);
  expect(new Set(features.map(({ properties }) => properties.status))).toEqual(new Set(['no_data']));
  const points = check(await out((context) => exportDetectors(context, detectors))) as { features: unknown[] };
  expect(points.features).toHaveLength(madeUpDetectors.length);
});

test('links are a valid publication of DATEX II by who says so', async () => {
  const asked = { ...links, format: 'datex2', datex2Country: 'DE', datex2Identifier: 'Berlin "A&B"' } as const;
  using read = readPublication(await out((context) => exportLinks(context, asked)));
  expect(read.texts('//com:publicationCreator/*')).toEqual(['DE', 'Berlin "A&B"']);
  expect(read.texts('//roa:physicalQuantity')).toHaveLength(madeUpLinks.length);
});

test('links are CSV with names that are shown and not computed', async () => {
  const rows = inSqliteShell(
    await out((context) => exportLinks(context, { ...links, format: 'csv' })),
    'SELECT from_detector_id id, from_name name FROM t ORDER BY id',
  );
  expect(rows.find(({ id }) => id === 'D4')).toEqual({ id: 'D4', name: `'${hostileNames.formula}` });
  expect(rows.find(({ id }) => id === 'D2')?.name).toBe(hostileNames.lines);
  expect(rows.find(({ id }) => id === 'M1')?.name).toBe(hostileNames.emoji);
  const lines = (await out((context) => exportLinks(context, { ...links, format: 'ndjson' }))).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).from_name)).toContain(hostileNames.formula);
});

test('matches are CSV, and what an AWAM host writes, without any device', async () => {
  const csv = await out((context) => exportMatches(context, { ...matches, link: d1ToD2 }));
  expect(csv).not.toContain('c0ff');
  const [row] = inSqliteShell(csv, 'SELECT count(*) n, min(travel_seconds) low, max(travel_seconds) high FROM t');
  expect(row).toEqual({ n: eventCount / 2, low: '90', high: '90' });
  const awam = await out((context) => exportMatches(context, { ...matches, format: 'awam', link: d1ToD2 }));
  expect(inSqliteShell(awam, 'SELECT DISTINCT c1, c2, c3, c6, c7 FROM t', { columns: 9 })).toEqual([
    { c1: '', c2: 'D1', c3: 'D2', c6: '90', c7: '40' },
  ]);
  const unknown = { ...matches, link: { fromDetectorId: 'D1', toDetectorId: 'M1' } };
  await expect(out((context) => exportMatches(context, unknown))).rejects.toThrow('there is no link from D1 to M1');
});

test('where there is nothing, files say so in their way', async () => {
  const of = (work: (context: ClientContext) => Promise<void>) => out(work, empty);
  expect(inSqliteShell(await of((context) => exportEvents(context, events)), 'SELECT * FROM t')).toEqual([]);
  expect(await of((context) => exportEvents(context, { ...events, format: 'awam' }))).toBe('');
  expect(await of((context) => exportEstimates(context, { ...estimates, format: 'ndjson' }))).toBe('');
  expect(JSON.parse(await of((context) => exportLinks(context, links)))).toEqual({
    ...{ type: 'FeatureCollection', features: [] },
  });
  const datex2 = { ...links, format: 'datex2' } as const;
  await expect(of((context) => exportLinks(context, datex2))).rejects.toThrow('there is no link in the network');
});

describe('a file', () => {
  test('is left as it was by an export that is interrupted, and nothing lies beside it', async () => {
    const file = join(folder, 'events.csv');
    writeFileSync(file, 'as it was');
    using client = subject.client();
    const exported = exportEvents(client.context, { ...events, file });
    await expect.poll(() => readdirSync(folder).some((name) => name.endsWith('.partial')), { interval: 1 }).toBe(true);
    client.stop.abort(new Error('Ctrl-C'));
    await expect(exported).rejects.toThrow('Ctrl-C');
    expect(readFileSync(file, 'utf8')).toBe('as it was');
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    await out((context) => exportEvents(context, { ...events, file }));
    expect(readFileSync(file, 'utf8').split('\r\n')).toHaveLength(eventCount + 2);
  });

  test('that cannot be is told before anything is asked', async () => {
    const nowhere = join(folder, 'nowhere', 'file.csv');
    const to = (file: string) => out((context) => exportEvents(context, { ...events, file }));
    await expect(to(nowhere)).rejects.toThrow(`--file ${nowhere}: there is no folder`);
    await expect(to(folder)).rejects.toThrow(`--file ${folder}: expected a file, or the name of a new one`);
    await expect(to('/dev/null')).rejects.toThrow('--file /dev/null: expected a file');
    expect(existsSync('/dev/null')).toBe(true);
  });
});

test('what is binary is not written to a terminal', async () => {
  using client = subject.client();
  const terminal = Object.assign(client.context.stdout, { isTTY: true });
  const context = { ...client.context, stdout: terminal };
  const asked = { ...estimates, format: 'parquet' } as const;
  await expect(exportEstimates(context, asked)).rejects.toThrow('binary and is not written to a terminal: give --file');
  await exportEstimates(context, estimates);
  expect(client.out()).toMatch(/^from_detector_id,/);
});

test('flags that cannot be are told by name', async () => {
  using listing = subject.client({ output: 'json' });
  await expect(exportLinks(listing.context, links)).rejects.toThrow('--output json: expected none');
  const of = (work: (context: ClientContext) => Promise<void>) => expect(out(work)).rejects;
  await of((context) => exportEvents(context, { ...events, timeZone: 'Mars' })).toThrow(
    '--time-zone "Mars": expected the name of a time zone',
  );
  await of((context) => exportEvents(context, { ...events, from: '-1h', to: '-2h' })).toThrow(
    '--to -2h: expected a time',
  );
  await of((context) => exportEstimates(context, { ...estimates, from: '-1h', to: '-2h' })).toThrow('--to -2h');
  const publisher = { ...links, datex2Country: 'Germany', datex2Identifier: '' };
  await of((context) => exportLinks(context, publisher)).toThrow(
    /^--datex2-country "Germany": expected two capital letters.*\n--datex2-identifier "": expected 1 to 100/,
  );
});
