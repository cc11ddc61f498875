import type { Position } from '@tdc/shared/network.ts';
import { describe, expect, it } from 'vitest';
import { madeUpNetwork } from './made-up-network.ts';
import { streetMapOf } from './street-map.ts';

const networkOf = (
  positions: Record<string, Position>,
  links: readonly (readonly [string, string])[],
): Parameters<typeof streetMapOf>[0] => ({
  detectors: Object.entries(positions).map(([id, position]) => ({ id, name: '', position })),
  links: links.map(([fromDetectorId, toDetectorId]) => ({ fromDetectorId, toDetectorId, maxSeconds: 600 })),
});
const at = (xM: number): Position => ({ type: 'plane', xM, yM: 0 });

describe('the street map', () => {
  it('takes the given length, or else the distance', () => {
    const lengths = streetMapOf(madeUpNetwork).streets.map(({ from, to, lengthM }) => [from + to, lengthM]);
    expect(lengths).toEqual([
      ['AB', 1450],
      ['BA', 1450],
      ['BC', 1600],
      ['CB', 1600],
      ['BS', 900],
      ['SB', 900],
    ]);
    const berlin = { type: 'geo', latitude: 52.5219, longitude: 13.4132 } as const;
    const potsdam = { type: 'geo', latitude: 52.3989, longitude: 13.0657 } as const;
    const [street] = streetMapOf(networkOf({ B: berlin, P: potsdam }, [['B', 'P']])).streets;
    expect(street?.lengthM).toBeGreaterThan(27_000);
    expect(street?.lengthM).toBeLessThan(27_400);
    expect(street?.freeSpeedMps).toBe(28);
  });

  it('lets vehicles in where the network ends', () => {
    expect(streetMapOf(madeUpNetwork).entries).toEqual(['A', 'C', 'S']);
    const places = { A: at(0), B: at(1000), C: at(2000) };
    expect(
      streetMapOf(
        networkOf(places, [
          ['A', 'B'],
          ['B', 'C'],
        ]),
      ).entries,
    ).toEqual(['A']);
    expect(
      streetMapOf(
        networkOf(places, [
          ['A', 'B'],
          ['B', 'C'],
          ['C', 'A'],
        ]),
      ).entries,
    ).toEqual(['A', 'B', 'C']);
    expect(streetMapOf(networkOf(places, [])).entries).toEqual(['A', 'B', 'C']);
  });
});
