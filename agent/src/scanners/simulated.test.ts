import type { Clock } from '@tdc/shared/clock.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../scanner.ts';
import { hearingOf } from '../simulation/detector-hearing.ts';
import { madeUpNetwork } from '../simulation/made-up-network.ts';
import { simulatedRoad } from '../simulation/road.ts';
import { SimulatedScanner } from './simulated.ts';

const nowMs = Date.parse('2026-07-01T08:00:00Z');
const road = simulatedRoad({ network: madeUpNetwork, seed: 1, vehiclesPerHour: 600 });
const expected = (fromMs: number, toMs: number) => hearingOf(road, 'B')(fromMs, toMs);
const heardIn = (observations: readonly Observation[]) => observations.flatMap(({ sightings }) => sightings);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Collects what a scanner observes until it is stopped. */
function following(scanner: SimulatedScanner) {
  const stop = new AbortController();
  const observations: Observation[] = [];
  const reading = (async () => {
    for await (const observation of scanner.observe(stop.signal)) observations.push(observation);
  })();
  return { observations, reading, stop };
}

async function asleep(clock: ManualClock): Promise<void> {
  while (clock.sleepers === 0) await nextTurn();
}

describe('the simulated scanner', () => {
  it('tells the past at once and ends where it was told to', async () => {
    const scanner = new SimulatedScanner({
      road,
      detectorId: 'B',
      fromMs: nowMs - 600_000,
      toMs: nowMs,
      clock: new ManualClock(nowMs),
    });
    const { observations, reading } = following(scanner);
    await reading;
    expect(heardIn(observations)).toEqual(expected(nowMs - 600_000, nowMs));
    expect(observations.at(-1)?.watermarkMs).toBe(nowMs);
    expect(observations.length).toBeGreaterThan(10);
  });

  it('goes on in step with the clock, and hears nothing of the future', async () => {
    const clock = new ManualClock(nowMs);
    const { observations, reading, stop } = following(new SimulatedScanner({ road, detectorId: 'B', clock }));
    for (let step = 0; step < 40; step += 1) {
      await asleep(clock);
      await clock.advance(500);
      expect(observations.at(-1)?.watermarkMs).toBe(clock.nowMs());
    }
    expect(heardIn(observations)).toEqual(expected(nowMs, clock.nowMs()));
    expect(heardIn(observations).length).toBeGreaterThan(20);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('begins no story anew when it is started again', async () => {
    const clock = new ManualClock(nowMs);
    const scanner = new SimulatedScanner({ road, detectorId: 'B', fromMs: nowMs - 60_000, clock });
    const first = following(scanner);
    await asleep(clock);
    first.stop.abort(new Error('failed'));
    await expect(first.reading).rejects.toThrow('failed');
    await clock.advance(10_000);
    const second = following(scanner);
    await asleep(clock);
    expect([...heardIn(first.observations), ...heardIn(second.observations)]).toEqual(
      expected(nowMs - 60_000, nowMs + 10_000),
    );
    second.stop.abort(new Error('enough'));
    await expect(second.reading).rejects.toThrow('enough');
  });

  it('goes back with a clock that is set back', async () => {
    const clock = new ManualClock(nowMs);
    let setBackMs = 0;
    const steppedClock: Clock = {
      nowMs: () => clock.nowMs() - setBackMs,
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    const { observations, reading, stop } = following(
      new SimulatedScanner({ road, detectorId: 'B', clock: steppedClock }),
    );
    await asleep(clock);
    setBackMs = 3_600_000;
    await clock.advance(500);
    await asleep(clock);
    await clock.advance(10_000);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    const startMs = nowMs + 500 - setBackMs;
    expect(observations.at(-1)?.watermarkMs).toBe(startMs + 10_000);
    expect(heardIn(observations)).toEqual(expected(startMs, startMs + 10_000));
  });
});
