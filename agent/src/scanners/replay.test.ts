import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingHeader } from '../recorded-line.ts';
import { writeRecording } from '../recording.ts';
import type { Observation } from '../scanner.ts';
import { type ReplayOptions, ReplayScanner } from './replay.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tdc-replay-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const { signal } = new AbortController();
const line = (timeMs: number | string, detectorId = 'D1', address = '80:00:00:00:00:01') =>
  `${timeMs},${detectorId},classic,${address},public,-60`;

function fileOf(lines: readonly string[], name = 'recording.csv', end = '\n'): string {
  const path = join(directory, name);
  const text = [recordingHeader, ...lines].join(end) + end;
  writeFileSync(path, name.endsWith('.csv') ? text : gzipSync(text));
  return path;
}

const scannerOf = (path: string, given: Partial<ReplayOptions> = {}) =>
  new ReplayScanner({ path, detectorId: 'D1', speed: 'max', clock: new ManualClock(), ...given });

async function gathered(observations: AsyncIterable<Observation>): Promise<readonly Observation[]> {
  const all: Observation[] = [];
  for await (const observation of observations) all.push(observation);
  return all;
}

async function observed(scanner: ReplayScanner): Promise<{ times: number[]; watermarks: number[] }> {
  const observations = await gathered(scanner.observe(signal));
  return {
    times: observations.flatMap(({ sightings }) => sightings.map(({ timeMs }) => timeMs)),
    watermarks: observations.map(({ watermarkMs }) => watermarkMs),
  };
}

describe('the replay scanner', () => {
  it.each(['recording.csv', 'recording.csv.gz', 'gzip-by-content'])(
    'reads the lines of its detector in %s',
    async (name) => {
      const path = fileOf([line(1), line(2, 'D2'), line(3)], name === 'gzip-by-content' ? 'x.gz' : name);
      const scanner = scannerOf(path);
      const { times, watermarks } = await observed(scanner);
      expect(times).toEqual([1, 3]);
      expect(watermarks.at(-1)).toBe(3);
      expect([scanner.malformed, scanner.lastMalformed, scanner.progress.lines]).toEqual([0, '', 4]);
      expect(scanner.progress.bytesRead).toBe(scanner.progress.bytesTotal);
    },
  );

  it('reads files with the line ends of other systems, over any bounds of chunks', async () => {
    const count = 20_000;
    const path = fileOf(
      Array.from({ length: count }, (_, index) => line(index)),
      'recording.csv',
      '\r\n',
    );
    const scanner = scannerOf(path);
    const { times } = await observed(scanner);
    expect(times).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(scanner.malformed).toBe(0);
  });

  it('puts lines in order that are a little out of it, and counts those that are more', async () => {
    const scanner = scannerOf(fileOf([line(5000), line(3500), line(9000), line(6999), line(7000), line(9500)]));
    expect((await observed(scanner)).times).toEqual([3500, 5000, 7000, 9000, 9500]);
    expect([scanner.malformed, scanner.lastMalformed]).toEqual([1, 'line 5: time_ms: more than 2000 ms out of order']);
  });

  it('reads a file in which the lines of one detector follow those of another', async () => {
    const scanner = scannerOf(fileOf([line(1_000_000, 'D2'), line(2_000_000, 'D2'), line(1_000_000), line(2_000_000)]));
    expect((await observed(scanner)).times).toEqual([1_000_000, 2_000_000]);
  });

  it('counts broken lines by their number, never quoting them, and reads on', async () => {
    const broken = ['x,D1,classic,80:00:00:00:00:01,public,-60', '2,D1', '"3,D1,classic,80:00:00:00:00:02,public,-60'];
    const scanner = scannerOf(fileOf([line(1), ...broken, '', 'x,D2,classic,80:00:00:00:00:03,public,-60', line(4)]));
    expect((await observed(scanner)).times).toEqual([1, 4]);
    expect([scanner.malformed, scanner.lastMalformed]).toEqual([3, 'line 5: quotes that do not match']);
  });

  it('shifts all detectors by what the first line of the file is shifted by', async () => {
    const path = fileOf([line(1000, 'D2'), line(3500), line(4000, 'D2')]);
    const shiftToMs = 1_784_000_000_000;
    expect((await observed(scannerOf(path, { shiftToMs }))).times).toEqual([shiftToMs + 2500]);
    expect((await observed(scannerOf(path, { shiftToMs, detectorId: 'D2' }))).times).toEqual([
      shiftToMs,
      shiftToMs + 3000,
    ]);
  });
});

describe('the replay scanner in step with a clock', () => {
  /** What has been observed while the clock was moved on, in steps. */
  async function paced(speed: number, stepMs: number, steps: number) {
    const clock = new ManualClock(50_000);
    const scanner = scannerOf(fileOf([line(1000, 'D2'), line(2000), line(2000), line(11_000), line(15_000)]), {
      speed,
      clock,
    });
    const heard: { readonly timeMs: number; readonly atMs: number }[] = [];
    const all: Observation[] = [];
    const reading = (async () => {
      for await (const observation of scanner.observe(signal)) {
        all.push(observation);
        for (const { timeMs } of observation.sightings) heard.push({ timeMs, atMs: clock.nowMs() - 50_000 });
      }
    })();
    for (let step = 0; step < steps; step += 1) {
      while (clock.sleepers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await clock.advance(stepMs);
    }
    await reading;
    return { heard, all };
  }

  it('hears each sighting when its time has come', async () => {
    const { heard, all } = await paced(1, 500, 28);
    expect(heard).toEqual([
      { timeMs: 2000, atMs: 1000 },
      { timeMs: 2000, atMs: 1000 },
      { timeMs: 11_000, atMs: 10_000 },
      { timeMs: 15_000, atMs: 14_000 },
    ]);
    const watermarks = all.map(({ watermarkMs }) => watermarkMs);
    expect(watermarks).toEqual(watermarks.toSorted((a, b) => a - b));
    // Time passes for the consumer while nothing is heard.
    expect(watermarks).toContain(7000);
  });

  it('goes as much faster as it was told', async () => {
    const { heard } = await paced(10, 100, 14);
    expect(heard.map(({ atMs }) => atMs)).toEqual([100, 100, 1000, 1400]);
  });

  it('ends at once when aborted while it waits', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const scanner = scannerOf(fileOf([line(0), line(3_600_000), line(3_700_000)]), { speed: 1, clock });
    const reading = gathered(scanner.observe(abort.signal));
    while (clock.sleepers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('a recording that cannot be used', () => {
  const refused = (path: string) => observed(scannerOf(path));

  it('is named in a clear error', async () => {
    await expect(refused(join(directory, 'none.csv'))).rejects.toThrow(NotFoundError);
    writeFileSync(join(directory, 'empty.csv'), '');
    await expect(refused(join(directory, 'empty.csv'))).rejects.toThrow(
      /empty.csv is empty: expected the first line time_ms/,
    );
    writeFileSync(join(directory, 'not.csv.gz'), recordingHeader);
    await expect(refused(join(directory, 'not.csv.gz'))).rejects.toThrow(/not.csv.gz is not gzip, as its name says/);
    writeFileSync(join(directory, 'other.csv'), 'a,b\n1,2\n');
    await expect(refused(join(directory, 'other.csv'))).rejects.toThrow(/other.csv: no column time_ms, detector, kind/);
    writeFileSync(join(directory, 'cut.csv.gz'), gzipSync('')); // A gzip of nothing.
    await expect(refused(join(directory, 'cut.csv.gz'))).rejects.toThrow(/expected the first line/);
    await expect(refused(directory)).rejects.toThrow(/is not a file/);
  });

  it('is read up to where it is damaged', async () => {
    const text = [recordingHeader, ...Array.from({ length: 50_000 }, (_, index) => line(index * 10))].join('\n');
    const whole = gzipSync(text);
    const path = join(directory, 'cut.csv.gz');
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    const scanner = scannerOf(path);
    const times: number[] = [];
    const reading = (async () => {
      for await (const { sightings } of scanner.observe(signal)) times.push(...sightings.map(({ timeMs }) => timeMs));
    })();
    await expect(reading).rejects.toThrow(InvalidInputError);
    expect(times.length).toBeGreaterThan(1000);
    expect(times).toEqual(Array.from({ length: times.length }, (_, index) => index * 10));
  });
});

describe('a recording that is written', () => {
  it.each(['out.csv', 'out.csv.gz'])('is what the scanner reads: %s', async (name) => {
    const path = join(directory, name);
    const sighting = { kind: 'ble', address: 'c0:00:00:00:00:01', addressType: 'random', rssiDbm: -70 } as const;
    async function* batches() {
      yield [{ timeMs: 1, detectorId: 'D1', ...sighting }];
      yield [];
      yield [
        { timeMs: 2, detectorId: 'D2', ...sighting },
        { timeMs: 3, detectorId: 'D1', ...sighting },
      ];
    }
    expect(await writeRecording(path, batches(), signal)).toBe(3);
    const observations = await gathered(scannerOf(path).observe(signal));
    expect(observations.flatMap(({ sightings }) => sightings)).toEqual([
      { timeMs: 1, ...sighting },
      { timeMs: 3, ...sighting },
    ]);
  });

  it('is not there when it could not be completed', async () => {
    const path = join(directory, 'out.csv');
    async function* failing() {
      yield [];
      throw new Error('no more');
    }
    await expect(writeRecording(path, failing(), signal)).rejects.toThrow('no more');
    await expect(observed(scannerOf(path))).rejects.toThrow(NotFoundError);
    await expect(writeRecording(join(directory, 'none', 'out.csv'), failing(), signal)).rejects.toThrow(
      'cannot be written: ENOENT',
    );
  });
});
