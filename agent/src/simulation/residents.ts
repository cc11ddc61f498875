import type { Sighting } from '../sighting.ts';
import { sightingOf } from './heard.ts';
import { slotMs } from './journeys.ts';
import { type Radio, standingRadio } from './radios.ts';
import { randomOf } from './random.ts';

/** A device that never leaves a detector's zone: a beacon, an access point, a car that is parked. */
interface Resident {
  readonly radio: Radio;
  readonly distanceM: number;
}

const heard = 0.85;

/** What a detector hears of its residents in one minute of the clock, in no order. */
export type ResidentsHeard = (slot: number) => readonly Sighting[];

export function residentsOf(seed: number, detectorId: string): ResidentsHeard {
  const random = randomOf(seed, 'residents', detectorId);
  const residents = Array.from({ length: 2 + random.count(3) }, (): Resident => {
    return { radio: standingRadio(random), distanceM: random.between(8, 60) };
  });
  return (slot) =>
    residents.flatMap((resident, index) =>
      heardOf(resident, slot, randomOf(seed, 'resident', detectorId, index, slot)),
    );
}

function heardOf(
  { radio, distanceM }: Resident,
  slot: number,
  random: ReturnType<typeof randomOf>,
): readonly Sighting[] {
  const sightings: Sighting[] = [];
  for (let afterMs = random.between(0, radio.intervalMs); afterMs < slotMs; afterMs += radio.intervalMs) {
    if (!random.chance(heard)) continue;
    const sighting = sightingOf(radio, slot * slotMs + afterMs, distanceM, random);
    if (sighting !== undefined) sightings.push(sighting);
  }
  return sightings;
}
