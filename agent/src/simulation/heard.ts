import type { Sighting } from '../sighting.ts';
import { type Visit, zoneRadiusMMax } from './journeys.ts';
import { addressOf, inquiryMs, type Radio } from './radios.ts';
import { type Random, randomOf } from './random.ts';

/** A detector's radio: made up from its id. */
export interface Ear {
  /** Within this distance along the road. */
  readonly radiusM: number;
  /** When its inquiries for classic radios begin, modulo their period. */
  readonly inquiryPhaseMs: number;
}

export const earOf = (seed: number, detectorId: string): Ear => {
  const random = randomOf(seed, 'ear', detectorId);
  return { radiusM: random.between(80, zoneRadiusMMax), inquiryPhaseMs: random.between(0, inquiryMs) };
};

const pathLossExponent = 2.2;
const fadingDb = 4;
const dbmMin = -95;
const dbmMax = -25;

/** When a visit leaves the zone: nothing of it is heard from then on. */
export const leaveMsOf = ({ passMs, speedMps }: Visit, { radiusM }: Ear): number =>
  passMs + (radiusM / speedMps) * 1000;

/** Everything a detector hears of one visit, in no order. */
export function heardOfVisit(visit: Visit, ear: Ear): readonly Sighting[] {
  const random = randomOf(...visit.seeds);
  const leaveMs = leaveMsOf(visit, ear);
  const enterMs = visit.passMs - visit.stoodMs - (leaveMs - visit.passMs);
  return visit.radios.flatMap((radio) =>
    timesHeard(radio, enterMs, leaveMs, ear, random).flatMap((timeMs) => {
      const distanceM = Math.hypot(visit.besideM, alongM(visit, timeMs));
      return sightingOf(radio, timeMs, distanceM, random) ?? [];
    }),
  );
}

/** One sighting at a distance; undefined when it is too weak to be one. */
export function sightingOf(radio: Radio, timeMs: number, distanceM: number, random: Random): Sighting | undefined {
  const lossDb = 10 * pathLossExponent * Math.log10(Math.max(1, distanceM));
  const rssiDbm = Math.round(radio.dbmAtMetre - lossDb + random.normal() * fadingDb);
  if (rssiDbm < dbmMin) return undefined;
  const { kind, addressType } = radio.make;
  const wholeMs = Math.floor(timeMs);
  return {
    timeMs: wholeMs,
    kind,
    address: addressOf(radio, wholeMs),
    addressType,
    rssiDbm: Math.min(dbmMax, rssiDbm),
    ...(radio.classOfDevice === undefined ? {} : { deviceClass: radio.classOfDevice }),
  };
}

/** How far from the detector along the road: negative before it. */
function alongM({ passMs, speedMps, stoodMs, stoodAtM }: Visit, timeMs: number): number {
  const sinceM = ((timeMs - passMs) / 1000) * speedMps;
  if (sinceM >= -stoodAtM) return sinceM;
  return Math.min(-stoodAtM, sinceM + (stoodMs / 1000) * speedMps);
}

function timesHeard(radio: Radio, enterMs: number, leaveMs: number, ear: Ear, random: Random): readonly number[] {
  const { make, intervalMs } = radio;
  const inquired = make.kind === 'classic';
  const firstMs = inquired
    ? Math.ceil((enterMs - ear.inquiryPhaseMs) / intervalMs) * intervalMs + ear.inquiryPhaseMs
    : enterMs + random.between(0, intervalMs);
  const times: number[] = [];
  for (let timeMs = firstMs; timeMs < leaveMs; timeMs += intervalMs) {
    const delayMs = inquired ? random.between(0, intervalMs) : random.between(0, 10);
    if (random.chance(make.heard) && timeMs + delayMs < leaveMs) times.push(timeMs + delayMs);
  }
  return times;
}
