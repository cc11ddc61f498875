import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EstimateRecord } from '../records/estimate-record.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { recordOf } from './made-up-links.ts';
import { parquetOf } from './parquet.ts';

let folder: string;
let file: string;
let duckdb: DuckDBConnection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-parquet-'));
  file = join(folder, 'estimates.parquet');
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
});

async function* pagesOf(records: readonly EstimateRecord[], pageSize = 1000) {
  for (let i = 0; i < records.length; i += pageSize) yield records.slice(i, i + pageSize);
}

const ask = async (question: string) => (await duckdb.runAndReadAll(question.replace('FILE', `'${file}'`))).getRowsJS();

test('DuckDB reads every row and every field as it was', async () => {
  const none = { samples: 0, status: 'no_data', clockOffsetS: -3.5 } as const;
  const records = [
    madeUpEstimate(0),
    madeUpEstimate(1, { revision: 2, estimate: none }),
    madeUpEstimate(2, { fromDetectorId: 'a_-', toDetectorId: 'Z' }),
  ].map(recordOf);
  await writeFile(file, parquetOf(pagesOf(records, 1)));
  const fields = Object.keys(records[0] ?? {});
  expect(await ask('SELECT * FROM FILE')).toEqual(
    records.map((record) => Object.values({ ...record, time: new Date(record.time) })),
  );
  expect(await ask('SELECT column_name FROM (DESCRIBE SELECT * FROM FILE)')).toEqual(fields.map((name) => [name]));
});

test('times are instants, numbers are numbers, and names are dictionaries', async () => {
  const records = Array.from({ length: 5000 }, (_, minute) => recordOf(madeUpEstimate(minute)));
  await writeFile(file, parquetOf(pagesOf(records)));
  const types = Object.fromEntries(await ask('SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM FILE)'));
  expect(types).toMatchObject({
    ...{ time: 'TIMESTAMP WITH TIME ZONE', mean_seconds: 'DOUBLE', status: 'VARCHAR' },
    ...{ samples: 'INTEGER', revision: 'INTEGER', clock_offset_seconds: 'DOUBLE' },
  });
  const encodings = await ask(
    "SELECT path_in_schema, encodings FROM parquet_metadata(FILE) WHERE path_in_schema IN ('from_detector_id', 'status', 'time')",
  );
  expect(Object.fromEntries(encodings)).toMatchObject({
    ...{ from_detector_id: expect.stringContaining('DICTIONARY'), status: expect.stringContaining('DICTIONARY') },
    time: 'DELTA_BINARY_PACKED',
  });
  expect(
    await ask('SELECT count(*), avg(mean_seconds), max(time) - min(time) = INTERVAL 4999 MINUTE FROM FILE'),
  ).toEqual([[5000n, 2590, true]]);
});

test('a long range comes in groups of bounded size', async () => {
  const first = recordOf(madeUpEstimate(0));
  const startMs = Date.parse(first.time);
  let sizeMax = 0;
  async function* pages() {
    for (let page = 0; page < 100; page++) {
      yield Array.from({ length: 1000 }, (_, i) => ({
        ...first,
        time: new Date(startMs + (page * 1000 + i) * 60_000).toISOString(),
        mean_seconds: Math.sqrt(page * 1000 + i),
      }));
    }
  }
  async function* pieces() {
    for await (const piece of parquetOf(pages())) {
      sizeMax = Math.max(sizeMax, piece.length);
      yield piece;
    }
  }
  await writeFile(file, pieces());
  expect(await ask('SELECT count(*), count(DISTINCT time) FROM FILE')).toEqual([[100_000n, 100_000n]]);
  const groups = await ask('SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(FILE) ORDER BY 1');
  expect(groups.map(([, rows]) => rows)).toEqual(Array(20).fill(5000n));
  expect(sizeMax).toBeLessThan(200_000);
});

test('nothing is a file with columns and without rows', async () => {
  await writeFile(file, parquetOf(pagesOf([])));
  expect(await ask('SELECT count(*) FROM FILE')).toEqual([[0n]]);
  expect(await ask('SELECT count(*) FROM (DESCRIBE SELECT * FROM FILE)')).toEqual([[16n]]);
});
