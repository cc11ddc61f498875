import { describe, expect, it } from 'vitest';
import { episode, jamOf, jamPeriodMs } from './jam.ts';
import { madeUpNetwork } from './made-up-network.ts';
import { streetMapOf } from './street-map.ts';

const map = streetMapOf(madeUpNetwork);
const jam = jamOf(map, 5);
const { street } = jam;
const minuteMs = 60_000;

describe('the jam', () => {
  it('comes back once in each period, for about 20 minutes, and slows 3 to 6 times', () => {
    for (let period = 240_000; period < 240_100; period += 1) {
      const { fromMs, toMs, factor } = episode(5, period);
      expect(fromMs).toBeGreaterThanOrEqual(period * jamPeriodMs);
      expect(toMs).toBeLessThan((period + 1) * jamPeriodMs);
      expect((toMs - fromMs) / minuteMs).toBeGreaterThanOrEqual(20);
      expect((toMs - fromMs) / minuteMs).toBeLessThan(25);
      expect(factor).toBeGreaterThanOrEqual(3);
      expect(factor).toBeLessThan(6);
    }
  });

  it('is on one street, and lets nobody overtake', () => {
    if (street === undefined) throw new Error('a network with links has a jam');
    const { fromMs, toMs, factor } = episode(5, 240_000);
    const freeMs = 120_000;
    const arrivals: number[] = [];
    for (let departMs = fromMs - 10 * minuteMs; departMs < toMs + 10 * minuteMs; departMs += 7000) {
      const drivenMs = jam.driveMs(street, departMs, freeMs);
      expect(drivenMs).toBeGreaterThanOrEqual(freeMs - 1);
      expect(drivenMs).toBeLessThanOrEqual(freeMs * factor + 1);
      arrivals.push(departMs + drivenMs);
    }
    expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
    expect(jam.driveMs(street, fromMs + 5 * minuteMs, 60_000)).toBeCloseTo(60_000 * factor, -2);
    for (const other of map.streets.filter((candidate) => candidate !== street)) {
      expect(jam.driveMs(other, fromMs + 5 * minuteMs, 60_000)).toBe(60_000);
    }
  });

  it('needs a street', () => {
    expect(jamOf(streetMapOf({ detectors: madeUpNetwork.detectors, links: [] }), 5).street).toBeUndefined();
  });
});
