import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { estimateFile } from './estimate.ts';

const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-estimate-'));
  writeFileSync(
    join(folder, 'network.json'),
    JSON.stringify({
      detectors: [
        { id: 'A', x: 0, y: 0 },
        { id: 'B', x: 1200, y: 0 },
      ],
      links: [{ from: 'A', to: 'B', max_seconds: 600, length_m: 1200 }],
    }),
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const line = (detector: string, device: string, seconds: number) =>
  JSON.stringify({
    id: `${detector}-${device}-${seconds}`,
    detector,
    kind: 'classic',
    address_class: 'public',
    device,
    reference_time_ms: seconds * 1000,
    resident: false,
    clock: 'synchronised',
    made_at_ms: (seconds + 31) * 1000,
  });
const lines = Array.from({ length: 60 }, (_, n) => [n * 30, n * 30 + 100] as const)
  .flatMap(([from, to], n) => [
    { at: from, text: line('A', `d${n}`, from) },
    { at: to, text: line('B', `d${n}`, to) },
  ])
  .sort((a, b) => a.at - b.at)
  .map(({ text }) => text)
  .join('\n');

const run = (events: string, given: Partial<Parameters<typeof estimateFile>[0]> = {}) =>
  estimateFile(
    {
      events,
      network: join(folder, 'network.json'),
      out: join(folder, 'out.csv'),
      everySeconds: 60,
      estimator: 'grid-filter',
      rotating: true,
      ...given,
    },
    never,
  );

test('a file of events, in gzip or not, gives an estimate of each link and minute, of what had left the boxes by then', async () => {
  writeFileSync(join(folder, 'events.ndjson'), lines);
  const written = await run(join(folder, 'events.ndjson'));
  const rows = readFileSync(join(folder, 'out.csv'), 'utf8').trim().split('\n');
  expect(rows[0]).toBe('from,to,at_s,travel_time_s,lower_s,upper_s,n,status');
  expect(rows).toHaveLength(written + 1);
  expect(rows[1]).toMatch(/^A,B,60,,,,0,no_data$/);
  const [, , atS, seconds, lower, upper, n, status] = rows[20]?.split(',') ?? [];
  expect(atS).toBe('1200');
  expect(Number(seconds)).toBeCloseTo(100, -0.5);
  expect(Number(lower)).toBeLessThan(Number(seconds));
  expect(Number(upper)).toBeGreaterThan(Number(seconds));
  expect(Number(n)).toBeGreaterThan(5);
  expect(status).toBe('live');
  writeFileSync(join(folder, 'events.ndjson.gz'), gzipSync(lines));
  await run(join(folder, 'events.ndjson.gz'), { out: join(folder, 'again.csv') });
  expect(readFileSync(join(folder, 'again.csv'), 'utf8').trim().split('\n')).toEqual(rows);
});

test.each([
  ['{"id":"x"', /events\.ndjson:2: expected an event as JSON/],
  ['{"id":"x"}', /events\.ndjson:2: detector/],
  [line('A', 'd', 1).replace('classic', 'smell'), /events\.ndjson:2: kind/],
])('a line that is none is refused by file, line and field, and nothing is left behind', async (wrong, words) => {
  writeFileSync(join(folder, 'events.ndjson'), `${line('A', 'd0', 0)}\n${wrong}\n`);
  await expect(run(join(folder, 'events.ndjson'))).rejects.toThrow(InvalidInputError);
  await expect(run(join(folder, 'events.ndjson'))).rejects.toThrow(words);
  expect(readdirSync(folder).sort()).toEqual(['events.ndjson', 'network.json']);
});

test('a file that is not there, or is no gzip, is refused by name', async () => {
  await expect(run(join(folder, 'nowhere.ndjson'))).rejects.toThrow(/nowhere\.ndjson cannot be read/);
  writeFileSync(join(folder, 'wrong.ndjson.gz'), 'not gzip');
  await expect(run(join(folder, 'wrong.ndjson.gz'))).rejects.toThrow(/wrong\.ndjson\.gz cannot be read/);
  await expect(run(join(folder, 'x.ndjson'), { everySeconds: 45 })).rejects.toThrow(/--every 45/);
});
