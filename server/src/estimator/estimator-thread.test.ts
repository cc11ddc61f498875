import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeUpConfig } from '../made-up-config.ts';
import { openSqliteRepository } from '../repositories/sqlite/repository.ts';
import { EstimatorThread } from './estimator-thread.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;
let folder: string;
let lines: string[];
const log = (): readonly Record<string, unknown>[] => lines.map((line) => JSON.parse(line));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-thread-'));
  lines = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function newThread(): EstimatorThread {
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(line) } });
  return new EstimatorThread(madeUpConfig(folder, { logLevel: 'info' }), logger, systemClock);
}

describe('the thread of the estimator', () => {
  test('publishes into the file that its server has open and goes on writing, logs by its logger, and ends when it is told to', async () => {
    const file = join(folder, 'tdc.sqlite');
    await using repository = openSqliteRepository({ file });
    const [from, to] = ['A', 'B'] as const;
    for (const id of [from, to]) {
      await repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
    }
    await repository.network.putLink({ fromDetectorId: from, toDetectorId: to, maxSeconds: 900 }, never);
    const stop = new AbortController();
    const thread = newThread();
    const running = thread.run(stop.signal);
    // Cars of the last half hour, while it is running: what is committed beside it reaches it.
    const now = Date.now();
    for (let car = 0; car < 200; car++) {
      const startMs = now - 31 * minuteMs + car * 9000;
      const deviceId = (0xc0ffee00 + car).toString(16);
      const passages = [
        { detectorId: from, referenceTimeMs: startMs },
        { detectorId: to, referenceTimeMs: startMs + 90_000 },
      ].filter(({ referenceTimeMs }) => referenceTimeMs < now - minuteMs);
      const events = passages.map((passage) =>
        madeUpEvent({
          ...{ ...passage, deviceId, lastSeenMs: passage.referenceTimeMs },
          madeAtMs: passage.referenceTimeMs + 31_000,
        }),
      );
      await repository.events.append(events, never);
    }
    await expect
      .poll(async () => (await repository.estimates.newest(never)).map(({ estimate }) => estimate.travelTime?.meanS), {
        timeout: 60_000,
      })
      .toEqual([expect.closeTo(90, 0)]);
    expect(log()).toContainEqual(expect.objectContaining({ msg: 'made past minutes', detector: to }));
    await expect.poll(() => thread.figures.published.first).toBeGreaterThan(20);
    expect(thread.figures.heapBytes).toBeGreaterThan(1_000_000);
    expect(thread.pulse.hangs).toBe(false);
    stop.abort(new Error('enough'));
    await running;
  });

  test('says why it cannot begin', async () => {
    const file = join(folder, 'tdc.sqlite');
    writeFileSync(file, 'no database at all, for as many bytes as a page has: '.repeat(100));
    await expect(newThread().run(never)).rejects.toThrow(/tdc\.sqlite: the file is damaged, or is no SQLite database/);
  });
});
