import { classifyAddress } from '@tdc/shared/address-class.ts';
import { deviceClassOf } from '@tdc/shared/device-class.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sighting } from '../sighting.ts';
import { hearingOf } from './detector-hearing.ts';
import { episode, jamPeriodMs } from './jam.ts';
import { madeUpNetwork } from './made-up-network.ts';
import { simulatedRecording } from './record.ts';
import { type Road, simulatedRoad } from './road.ts';

const minuteMs = 60_000;
const startMs = Date.parse('2026-07-01T08:00:00Z');
const roadOf = (seed = 1, vehiclesPerHour = 600) => simulatedRoad({ network: madeUpNetwork, seed, vehiclesPerHour });

/** When each lasting address was heard strongest: the passing of a device. */
function passes(sightings: readonly Sighting[]): Map<string, Sighting> {
  const strongest = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const { kind, address, addressType, rssiDbm = -127 } = sighting;
    const classified = classifyAddress(kind, address, addressType);
    if (!classified.ok) throw new Error(classified.problem);
    if (classified.addressClass !== 'public' && classified.addressClass !== 'random-static') continue;
    if (rssiDbm > (strongest.get(address)?.rssiDbm ?? -128)) strongest.set(address, sighting);
  }
  return strongest;
}

/** Travel times in seconds, by departure, of those heard first at one detector and then at another, in a car. */
function travelTimes(road: Road, from: string, to: string, fromMs: number, untilMs: number) {
  const at = (detectorId: string) => passes(hearingOf(road, detectorId)(fromMs, untilMs));
  const arrivals = at(to);
  return [...at(from)].flatMap(([address, { timeMs }]) => {
    const seconds = ((arrivals.get(address)?.timeMs ?? Number.NaN) - timeMs) / 1000;
    return seconds > 0 && seconds < 700 ? [{ departMs: timeMs, seconds }] : [];
  });
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describe('the simulation', () => {
  it('tells one story, however its time is cut and whoever tells it', () => {
    const cut = fc.array(fc.integer({ min: 1, max: 7 * minuteMs }), { minLength: 1, maxLength: 12 });
    const shared = roadOf();
    fc.assert(
      fc.property(fc.constantFrom('A', 'B', 'S'), cut, fc.boolean(), (detectorId, windows, alone) => {
        const road = alone ? roadOf() : shared;
        const hear = hearingOf(road, detectorId);
        const parts: Sighting[] = [];
        let fromMs = startMs;
        for (const windowMs of windows) {
          parts.push(...hear(fromMs, fromMs + windowMs));
          fromMs += windowMs;
        }
        expect(parts).toEqual(hearingOf(roadOf(), detectorId)(startMs, fromMs));
      }),
      { numRuns: 20 },
    );
  });

  it('has classic devices say what they are, always the same, most of them car kits; and no others', () => {
    const heard = ['A', 'B'].flatMap((id) => [...hearingOf(roadOf(), id)(startMs, startMs + 30 * minuteMs)]);
    const classic = heard.filter(({ kind }) => kind === 'classic');
    const classes = new Map(classic.map(({ address, deviceClass = 0 }) => [address, deviceClass]));
    for (const { address, deviceClass } of classic) expect(deviceClass).toBe(classes.get(address));
    const words = [...classes.values()].map(deviceClassOf);
    const carKits = words.filter((word) => word === 'car-kit').length / words.length;
    expect(carKits).toBeGreaterThan(0.5);
    expect(carKits).toBeLessThan(0.7);
    expect(new Set(words)).toEqual(new Set(['car-kit', 'phone', 'headset', 'computer']));
    for (const sighting of heard.filter(({ kind }) => kind !== 'classic'))
      expect(sighting).not.toHaveProperty('deviceClass');
  });

  it('can be asked for a time again, and for one before', () => {
    const hear = hearingOf(roadOf(), 'B');
    const later = hear(startMs + 30 * minuteMs, startMs + 33 * minuteMs);
    hear(startMs, startMs + minuteMs);
    expect(later.length).toBeGreaterThan(100);
    expect(hear(startMs + 30 * minuteMs, startMs + 33 * minuteMs)).toEqual(later);
  });

  it('is another story with another seed', () => {
    const heard = (seed: number) => hearingOf(roadOf(seed), 'A')(startMs, startMs + 5 * minuteMs);
    expect(heard(2)).not.toEqual(heard(1));
  });

  it('comes in the order of time, within the time asked for, with usable addresses of every class', () => {
    const untilMs = startMs + 20 * minuteMs;
    const heard = hearingOf(roadOf(), 'C')(startMs, untilMs);
    const classes = new Set<string>();
    let beforeMs = startMs;
    for (const { timeMs, kind, address, addressType, rssiDbm } of heard) {
      expect(Number.isInteger(timeMs) && timeMs >= beforeMs && timeMs < untilMs).toBe(true);
      expect(rssiDbm).toBeGreaterThanOrEqual(-95);
      expect(rssiDbm).toBeLessThanOrEqual(-25);
      const classified = classifyAddress(kind, address, addressType);
      classes.add(classified.ok ? `${kind} ${classified.addressClass}` : classified.problem);
      beforeMs = timeMs;
    }
    expect([...classes].sort()).toEqual([
      'ble non-resolvable',
      'ble public',
      'ble random-static',
      'ble resolvable',
      'classic public',
      'wifi local',
      'wifi public',
    ]);
  });

  it('has travel times that cars have', () => {
    const road = roadOf();
    for (const [from, to, lengthM] of [
      ['A', 'B', 1450],
      ['B', 'S', 900],
    ] as const) {
      if (road.jam.street?.from === from && road.jam.street.to === to) continue;
      const seconds = travelTimes(road, from, to, startMs, startMs + 60 * minuteMs).map((sample) => sample.seconds);
      expect(seconds.length).toBeGreaterThan(40);
      expect(median(seconds)).toBeGreaterThan((lengthM / 14) * 0.9);
      expect(median(seconds)).toBeLessThan((lengthM / 14) * 1.35);
    }
  });

  it('has a jam, that is over again', () => {
    const road = roadOf();
    const { from = '', to = '', lengthM = 0 } = road.jam.street ?? {};
    const period = Math.floor(startMs / jamPeriodMs);
    const { fromMs, toMs, factor } = episode(1, period);
    const samples = travelTimes(road, from, to, fromMs - 20 * minuteMs, toMs + 30 * minuteMs);
    const between = (afterMs: number, beforeMs: number) =>
      median(samples.flatMap(({ departMs, seconds }) => (departMs >= afterMs && departMs < beforeMs ? [seconds] : [])));
    const freeS = lengthM / 14;
    expect(between(fromMs - 20 * minuteMs, fromMs - 8 * minuteMs)).toBeLessThan(freeS * 1.4);
    expect(between(fromMs + 3 * minuteMs, toMs - 10 * minuteMs)).toBeGreaterThan(freeS * Math.min(2.5, factor * 0.8));
    expect(between(toMs + 5 * minuteMs, toMs + 25 * minuteMs)).toBeLessThan(freeS * 1.4);
  });

  it('has as many vehicles as were asked for', () => {
    const count = (vehiclesPerHour: number) =>
      passes(hearingOf(roadOf(1, vehiclesPerHour), 'A')(startMs, startMs + 60 * minuteMs)).size;
    expect(count(1200) / count(300)).toBeGreaterThan(3);
    expect(count(1200) / count(300)).toBeLessThan(5);
    expect(count(0)).toBeLessThan(20);
  });

  it('has devices that never leave', () => {
    const hear = hearingOf(roadOf(1, 0), 'A');
    const heard = [
      hear(startMs, startMs + minuteMs),
      hear(startMs + 24 * 60 * minuteMs, startMs + (24 * 60 + 1) * minuteMs),
    ];
    const [today, tomorrow] = heard.map((sightings) => new Set(sightings.map(({ address }) => address)));
    expect(today?.size).toBeGreaterThanOrEqual(2);
    expect(tomorrow).toEqual(today);
  });

  it('can be recorded, all detectors in the order of time', async () => {
    const lines = [];
    for await (const batch of simulatedRecording(roadOf(), startMs, startMs + 150_000)) lines.push(...batch);
    expect(lines.map(({ timeMs }) => timeMs)).toEqual(lines.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b));
    for (const { id } of madeUpNetwork.detectors) {
      const own = lines.filter(({ detectorId }) => detectorId === id).map(({ detectorId: _, ...sighting }) => sighting);
      expect(own).toEqual(hearingOf(roadOf(), id)(startMs, startMs + 150_000));
    }
  });

  it('names what it cannot do', () => {
    expect(() => hearingOf(roadOf(), 'Z')).toThrow('detector "Z" is not in the network file, which has A, B, C, S');
    expect(() => roadOf(0.5)).toThrow('simulation.seed 0.5: expected a whole number');
    expect(() => roadOf(1, -1)).toThrow('simulation.vehicles_per_hour -1: expected 0 to 20000');
  });
});
