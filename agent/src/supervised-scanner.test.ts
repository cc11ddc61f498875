import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { hangsAfterMs } from '@tdc/shared/pulse.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Observation, Scanner } from './scanner.ts';
import { SupervisedScanner } from './supervised-scanner.ts';

/** A scanner that plays parts, one for each time it is started: observations, and an error or the end after them. */
class ScriptedScanner implements Scanner {
  readonly name = 'scripted';
  readonly malformed = 3;
  readonly lastMalformed = 'line 7: expected six fields';
  readonly #parts: (readonly (Observation | Error)[])[];
  starts = 0;

  constructor(...parts: (readonly (Observation | Error)[])[]) {
    this.#parts = parts;
  }

  async *observe(): AsyncGenerator<Observation> {
    for (const part of this.#parts[this.starts++] ?? []) {
      if (part instanceof Error) throw part;
      yield part;
    }
  }
}

const observation = (timeMs: number): Observation => ({
  sightings: [{ timeMs, kind: 'classic', address: '00:11:22:33:44:55', addressType: 'public', rssiDbm: -60 }],
  watermarkMs: timeMs,
});

let clock: ManualClock;
let stop: AbortController;
let seen: number[];
let waits: number[];
beforeEach(() => {
  clock = new ManualClock();
  stop = new AbortController();
  seen = [];
  waits = [];
});
afterEach(() => stop.abort());

const supervise = (scanner: Scanner, onFailure: 'restart' | 'throw' = 'restart') =>
  new SupervisedScanner({ scanner, clock, random: () => 1, onFailure, onError: (_, waitMs) => waits.push(waitMs) });
const take = async ({ watermarkMs }: Observation) => {
  seen.push(watermarkMs);
};

test('a scanner that ends is finished, and its sightings are counted', async () => {
  const scanner = supervise(new ScriptedScanner([observation(1), observation(2), { sightings: [], watermarkMs: 9 }]));
  expect(scanner.snapshot()).toMatchObject({ state: 'starting', lastSightingMs: undefined });
  await scanner.run(take, stop.signal);
  expect(seen).toEqual([1, 2, 9]);
  expect(scanner.snapshot()).toEqual({
    name: 'scripted',
    state: 'finished',
    sightings: 2,
    malformed: 3,
    lastSightingMs: 2,
    lastError: 'line 7: expected six fields',
  });
});

test('a scanner that fails is started again, after ever longer waits', async () => {
  const lost = new Error('the radio was unplugged');
  const scanner = supervise(new ScriptedScanner([observation(1), lost], [lost], [lost], [observation(2)]));
  const running = scanner.run(take, stop.signal);
  await vi.waitFor(() => expect(waits).toEqual([1000]));
  expect(scanner.snapshot()).toMatchObject({ state: 'failed', lastError: 'the radio was unplugged' });
  expect(scanner.watermarkMs).toBeUndefined();
  await clock.advance(1000);
  expect(waits).toEqual([1000, 2000]);
  await clock.advance(2000);
  expect(waits).toEqual([1000, 2000, 4000]);
  await clock.advance(4000);
  await running;
  expect(seen).toEqual([1, 2]);
});

test('a scanner whose input may be back soon waits no longer than it says', async () => {
  const lost = new Error('the radio was unplugged');
  const script = new ScriptedScanner([lost], [lost], [lost], [lost], [lost], [observation(1)]);
  const running = supervise(Object.assign(script, { retryMsMax: 3000 })).run(take, stop.signal);
  for (const waitMs of [1000, 2000, 3000, 3000, 3000]) {
    await vi.waitFor(() => expect(waits.at(-1)).toBe(waitMs));
    await clock.advance(waitMs);
  }
  await running;
  expect(waits).toEqual([1000, 2000, 3000, 3000, 3000]);
  expect(seen).toEqual([1]);
});

test('a scanner that worked for long before it failed is started again soon', async () => {
  const lost = new Error('lost');
  const slow = async ({ watermarkMs }: Observation) => {
    seen.push(watermarkMs);
    await clock.advance(70_000);
  };
  const scanner = supervise(new ScriptedScanner([lost], [lost], [observation(1), lost], []));
  const running = scanner.run(slow, stop.signal);
  for (const waitMs of [1000, 2000, 1000]) {
    await vi.waitFor(() => expect(waits.at(-1)).toBe(waitMs));
    await clock.advance(waitMs);
  }
  await running;
  expect(waits).toEqual([1000, 2000, 1000]);
});

test('a recording that is lost is the end, with its reason', async () => {
  const scanner = supervise(new ScriptedScanner([observation(1), new Error('the file is gone')]), 'throw');
  await expect(scanner.run(take, stop.signal)).rejects.toThrow('the file is gone');
  expect(scanner.snapshot().state).toBe('failed');
});

test('a fault of the consumer is not the failure of the scanner', async () => {
  const script = new ScriptedScanner([observation(1)], [observation(2)]);
  const faulty = async () => {
    throw new TypeError('a fault of ours');
  };
  await expect(supervise(script).run(faulty, stop.signal)).rejects.toThrow('a fault of ours');
  expect(script.starts).toBe(1);
});

test('a scanner that waits to be started again ends at once when told to', async () => {
  const running = supervise(new ScriptedScanner([new Error('lost')])).run(take, stop.signal);
  await vi.waitFor(() => expect(waits).toHaveLength(1));
  stop.abort();
  await running;
});

test('a scanner that observes nothing any more hangs, and one that waits for its next try does not', async () => {
  const silent: Scanner = {
    ...{ name: 'silent', malformed: 0, lastMalformed: '' },
    async *observe() {
      yield observation(1);
      await new Promise(() => {});
    },
  };
  const hanging = supervise(silent);
  const failing = supervise(new ScriptedScanner([new Error('unplugged')]));
  void hanging.run(take, stop.signal);
  const running = failing.run(take, stop.signal);
  await vi.waitFor(() => expect([waits, seen]).toEqual([[1000], [1]]));
  await clock.advance(hangsAfterMs);
  expect(hanging.pulse.hangs).toBe(false);
  await clock.advance(1);
  expect(hanging.pulse.hangs).toBe(true);
  await vi.waitFor(() => expect(failing.snapshot().state).toBe('finished'));
  await running;
  await clock.advance(hangsAfterMs + 1);
  expect(failing.pulse.hangs).toBe(false);
});
