import type { Jam } from './jam.ts';
import { type Radio, radiosInCar, radiosOnFoot } from './radios.ts';
import { type Random, randomOf } from './random.ts';
import type { Street, StreetMap } from './street-map.ts';

/** One traveller's way through one detector's zone. */
export interface Visit {
  readonly detectorId: string;
  readonly radios: readonly Radio[];
  /** Makes what is heard of it. */
  readonly seeds: readonly [number, number];
  /** At the detector itself. */
  readonly passMs: number;
  readonly speedMps: number;
  /** How long it stood, this far before the detector. */
  readonly stoodMs: number;
  readonly stoodAtM: number;
  /** How far beside the detector it passed. */
  readonly besideM: number;
}

/** Travellers are made by the minute of the clock in which they come into the network. */
export const slotMs = 60_000;
/** Whoever is longer under way is not seen any more: no visit is later than this after its slot began. */
export const journeyMsMax = 90 * slotMs;
/** Zones reach no farther than this. */
export const zoneRadiusMMax = 120;

/** Part of the given traffic by hour of the day (UTC), with its peaks. */
const dailyProfile = [
  0.3, 0.25, 0.22, 0.22, 0.25, 0.4, 0.8, 1.3, 1.4, 1.1, 0.95, 0.95, 1, 1, 1, 1.1, 1.3, 1.4, 1.2, 0.9, 0.7, 0.55, 0.45,
  0.35,
] as const;
const walkersPerHour = 8;
const endsAtDetector = 0.08;
const redLight = 0.35;
const longStop = 0.02;

export interface JourneyOptions {
  readonly map: StreetMap;
  readonly jam: Jam;
  readonly seed: number;
  /** At each entry, in an hour of average traffic. */
  readonly vehiclesPerHour: number;
}

/** All visits of those who come into the network in one minute of the clock. */
export function visitsOfSlot(options: JourneyOptions, slot: number): readonly Visit[] {
  const { map, seed, vehiclesPerHour } = options;
  const share = (profileAt(slot * slotMs) * slotMs) / 3_600_000;
  const visits: Visit[] = [];
  const send = (mode: Mode, from: string, perHour: number) => {
    const count = randomOf(seed, mode.name, from, slot).count(perHour * share);
    for (let index = 0; index < count; index += 1) {
      travel(options, mode, from, slot * slotMs, randomOf(seed, mode.name, from, slot, index), visits);
    }
  };
  for (const entry of map.entries) send(vehicle, entry, vehiclesPerHour);
  if (vehiclesPerHour > 0) for (const detectorId of map.detectorIds) send(walker, detectorId, walkersPerHour);
  return visits;
}

interface Mode {
  readonly name: string;
  readonly radios: (random: Random) => readonly Radio[];
  /** How fast on a street. */
  readonly speedMps: (street: Street | undefined) => number;
  readonly spread: number;
  readonly endsAtDetector: number;
  readonly stops: boolean;
}

const townSpeedMps = 14;
const vehicle: Mode = {
  name: 'vehicle',
  radios: radiosInCar,
  speedMps: (street) => street?.freeSpeedMps ?? townSpeedMps,
  spread: 0.11,
  endsAtDetector,
  stops: true,
};
const walker: Mode = {
  name: 'walker',
  radios: radiosOnFoot,
  speedMps: () => 1.35,
  spread: 0.15,
  endsAtDetector: 0.8,
  stops: false,
};

function travel(
  options: JourneyOptions,
  mode: Mode,
  from: string,
  slotStartMs: number,
  random: Random,
  visits: Visit[],
) {
  const { map, jam } = options;
  const radios = mode.radios(random);
  const pace = Math.exp(Math.min(2.5, Math.max(-2.5, random.normal())) * mode.spread);
  const endMs = slotStartMs + journeyMsMax;
  let street: Street | undefined;
  let at = from;
  let speedMps = mode.speedMps(undefined) * pace;
  let stop = stopOf(mode, random);
  let passMs = slotStartMs + random.between(0, slotMs) + (zoneRadiusMMax / speedMps) * 1000 + stop.stoodMs;
  while (passMs + (zoneRadiusMMax / speedMps) * 1000 < endMs) {
    const seeds = [random.word(), random.word()] as const;
    // One without a radio passes unheard, and is left out.
    if (radios.length > 0)
      visits.push({ detectorId: at, radios, seeds, passMs, speedMps, ...stop, besideM: random.between(5, 14) });
    if (random.chance(mode.endsAtDetector)) return;
    const cameFrom = street?.from;
    street = random.pick(map.streetsFrom(at).filter(({ to }) => to !== cameFrom));
    if (street === undefined) return;
    at = street.to;
    stop = stopOf(mode, random);
    const freeMs = (street.lengthM / (mode.speedMps(street) * pace)) * 1000 * random.between(1, 1.1);
    const drivenMs = mode.stops ? jam.driveMs(street, passMs, freeMs) : freeMs;
    const pauseMs = mode.stops && random.chance(longStop) ? random.between(3, 12) * slotMs : 0;
    passMs += drivenMs + pauseMs + stop.stoodMs;
    speedMps = (street.lengthM / freeMs) * 1000;
    if (mode.stops) speedMps /= jam.slowdown(street, passMs);
  }
}

/** A red light, some metres before the detector. */
const stopOf = (mode: Mode, random: Random): Pick<Visit, 'stoodMs' | 'stoodAtM'> =>
  mode.stops && random.chance(redLight)
    ? { stoodMs: random.between(3000, 45_000), stoodAtM: random.between(10, 40) }
    : { stoodMs: 0, stoodAtM: 0 };

function profileAt(timeMs: number): number {
  const hours = (((timeMs / 3_600_000) % 24) + 24) % 24;
  const before = Math.floor(hours);
  const [low, high] = [dailyProfile[before % 24] ?? 1, dailyProfile[(before + 1) % 24] ?? 1];
  return low + (high - low) * (hours - before);
}
