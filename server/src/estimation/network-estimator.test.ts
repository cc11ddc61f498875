import { type EstimatorName, estimatorNames } from '@tdc/shared/network.ts';
import { randomFrom } from '@tdc/shared/seeded-random.ts';
import { describe, expect, test } from 'vitest';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { journey, passing } from './made-up-traffic.ts';
import { NetworkEstimator } from './network-estimator.ts';

const links = [{ fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 1800, lengthM: 1200 }];

/** A driver every so many seconds, whose travel time is that of the road at departure, give or take 15 %. */
function traffic(
  fromS: number,
  toS: number,
  everyS: number,
  roadS: (departedS: number) => number,
): readonly EstimationEvent[] {
  const random = randomFrom(7);
  const events: EstimationEvent[] = [];
  for (let departedS = fromS; departedS < toS; departedS += everyS) {
    const factor = 1 + 0.3 * (random() + random() - 1);
    events.push(...journey(`car${departedS}`, departedS, roadS(departedS) * factor));
  }
  return events;
}

/** The estimates of each minute, by minute. */
function estimates(
  events: readonly EstimationEvent[],
  minutes: number,
  estimator: EstimatorName = 'grid-filter',
): readonly Estimate[] {
  const network = new NetworkEstimator({ links, estimator, rotating: true, fromMs: -60_000 });
  const waiting = events.toSorted((a, b) => a.madeAtMs - b.madeAtMs);
  const found: Estimate[] = [];
  let next = 0;
  for (let minute = 0; minute <= minutes; minute++) {
    for (; (waiting[next]?.madeAtMs ?? Number.POSITIVE_INFINITY) <= minute * 60_000; next++) {
      const event = waiting[next];
      if (event !== undefined) network.add(event);
    }
    const [first] = network.estimatesAt(minute * 60_000);
    if (first !== undefined) found.push(first.estimate);
  }
  return found;
}

const secondsOf = (estimate: Estimate | undefined) => estimate?.travelTime?.meanS ?? Number.NaN;

describe.each(estimatorNames)('%s', (estimator) => {
  test('finds the travel time of a steady road', () => {
    const all = estimates(
      traffic(0, 3600, 20, () => 100),
      60,
      estimator,
    );
    for (const estimate of all.slice(20)) {
      expect(secondsOf(estimate)).toBeGreaterThan(85);
      expect(secondsOf(estimate)).toBeLessThan(115);
      expect(['live', 'sparse']).toContain(estimate.status);
      const { meanS = 0, lowerS, upperS, fastS, slowS, freeFlowS } = estimate.travelTime ?? {};
      expect(lowerS).toBeLessThan(meanS);
      expect(upperS).toBeGreaterThan(meanS);
      expect(fastS).toBeLessThanOrEqual(meanS);
      expect(slowS).toBeGreaterThanOrEqual(meanS);
      expect(freeFlowS).toBeLessThanOrEqual(meanS);
    }
  });

  test('never shows an old value without saying that it is old, nor any after an hour', () => {
    const all = estimates(
      traffic(0, 1800, 20, () => 100),
      120,
      estimator,
    );
    expect(all[30]?.status).toBe('live');
    expect(all[50]?.status).toBe('stale');
    expect(all[50]?.ageS).toBeGreaterThan(900);
    expect(all[110]).toMatchObject({ status: 'no_data', samples: 0 });
    expect(all[110]).not.toHaveProperty('travelTime');
    expect(estimates([], 5, estimator)[5]).toEqual({ status: 'no_data', samples: 0 });
  });
});

describe('our estimator', () => {
  test('follows a sudden jam within minutes of the first who got through it', () => {
    const all = estimates(
      traffic(0, 7200, 20, (s) => (s < 3600 ? 100 : 300)),
      120,
    );
    expect(secondsOf(all[59])).toBeLessThan(115);
    expect(secondsOf(all[72])).toBeGreaterThan(250);
    expect(secondsOf(all[72])).toBeLessThan(350);
  });

  test('is not fooled by a bus with forty phones', () => {
    const cars = traffic(0, 3600, 20, () => 100);
    const bus = Array.from({ length: 40 }, (_, n) => journey(`phone${n}`, 2400 + (n % 5) / 2, 260 + (n % 3))).flat();
    const [without, withBus] = [estimates(cars, 60), estimates([...cars, ...bus], 60)];
    for (let minute = 44; minute < 55; minute++) {
      expect(Math.abs(secondsOf(withBus[minute]) / secondsOf(without[minute]) - 1)).toBeLessThan(0.1);
    }
  });

  test('is not fooled by two hundred walkers among the cars', () => {
    const cars = traffic(0, 3600, 8, () => 100);
    const walkers = Array.from({ length: 200 }, (_, n) => journey(`walker${n}`, n * 12, 850 + ((n * 37) % 100))).flat();
    const all = estimates([...cars, ...walkers], 60);
    for (const estimate of all.slice(25, 58)) expect(secondsOf(estimate)).toBeLessThan(125);
  });

  test('is not fooled by a device that goes to and fro, nor by one address in two places', () => {
    const cars = traffic(0, 3600, 20, () => 100);
    const fro = Array.from({ length: 30 }, (_, n) => journey('fro', n * 110, 45)).flat();
    const clones = Array.from({ length: 30 }, (_, n) => journey('clone', n * 120, 20 + ((n * 53) % 90))).flat();
    const all = estimates([...cars, ...fro, ...clones], 60);
    for (const estimate of all.slice(25, 58)) {
      expect(secondsOf(estimate)).toBeGreaterThan(80);
      expect(secondsOf(estimate)).toBeLessThan(115);
    }
  });

  test('is not fooled by a fleet that was parked at the beginning of the link and sets out all at once', () => {
    const cars = traffic(0, 3600, 20, () => 100);
    const fleet = Array.from({ length: 30 }, (_, n) => [
      passing({ detectorId: 'A', deviceId: `van${n}`, referenceTimeMs: 600_000 + n * 500, madeAtMs: 1_900_000 }),
      passing({ detectorId: 'B', deviceId: `van${n}`, referenceTimeMs: 2_000_000 + n * 2500 }),
    ]).flat();
    const [without, withFleet] = [estimates(cars, 60), estimates([...cars, ...fleet], 60)];
    for (let minute = 33; minute < 50; minute++) {
      expect(Math.abs(secondsOf(withFleet[minute]) / secondsOf(without[minute]) - 1)).toBeLessThan(0.1);
    }
  });

  test('shows a closed road as one of which nothing is known, and the first cars after it', () => {
    const before = traffic(0, 1800, 20, () => 100);
    const after = traffic(7200, 9000, 20, () => 130).map((event) => ({
      ...event,
      deviceId: `after ${event.deviceId}`,
    }));
    const all = estimates([...before, ...after], 150);
    expect(all.slice(50, 90).map(({ status }) => status)).not.toContain('live');
    expect(all.slice(95, 118).map(({ status }) => status)).toEqual(Array.from({ length: 23 }, () => 'no_data'));
    expect(all[128]?.status).toBe('live');
    expect(secondsOf(all[128])).toBeGreaterThan(115);
    expect(secondsOf(all[128])).toBeLessThan(145);
  });

  test('where two lanes go at two speeds, gives a value between them and shows how far drivers differ', () => {
    const lanes = [...traffic(0, 5400, 16, () => 80), ...traffic(8, 5400, 16, () => 200)];
    const all = estimates(lanes, 90);
    for (const { travelTime } of all.slice(60, 88)) {
      expect(travelTime?.meanS).toBeGreaterThan(95);
      expect(travelTime?.meanS).toBeLessThan(185);
      expect((travelTime?.slowS ?? 0) / (travelTime?.fastS ?? 1)).toBeGreaterThan(1.8);
    }
  });

  test('expects whoever starts in growing traffic to need longer than who arrives, and shorter when it clears', () => {
    const growing = (s: number) => 100 + Math.max(0, Math.min(s - 3600, 1800)) / 6;
    const clearing = (s: number) => 400 - Math.max(0, Math.min(s - 3600, 1800)) / 6;
    const ratio = ({ travelTime }: Partial<Estimate> = {}) => (travelTime?.departureS ?? 1) / (travelTime?.meanS ?? 1);
    const up = estimates(traffic(0, 6000, 10, growing), 100);
    const down = estimates(traffic(0, 6000, 10, clearing), 100);
    expect(up.slice(72, 88).filter((each) => ratio(each) > 1.01).length).toBeGreaterThan(12);
    expect(down.slice(76, 90).filter((each) => ratio(each) < 0.99).length).toBeGreaterThan(8);
    const steady = estimates(
      traffic(0, 6000, 10, () => 100),
      100,
    );
    for (const each of steady.slice(30)) expect(Math.abs(ratio(each) - 1)).toBeLessThan(0.05);
  });

  test('gives the same for the same events, also when they come twice', () => {
    const cars = traffic(0, 3600, 20, (s) => 100 + s / 60);
    expect(estimates([...cars, ...cars], 60)).toEqual(estimates(cars, 60));
  });

  test('is less sure where there is less to see', () => {
    const width = ({ travelTime }: Partial<Estimate> = {}) => (travelTime?.upperS ?? 0) / (travelTime?.lowerS ?? 0);
    const [many, few] = [
      estimates(
        traffic(0, 3600, 10, () => 100),
        60,
      )[55],
      estimates(
        traffic(0, 3600, 140, () => 100),
        60,
      )[55],
    ];
    expect(width(few)).toBeGreaterThan(1.1 * width(many));
    expect(few?.status).toBe('sparse');
  });
});
