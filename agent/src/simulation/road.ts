import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Network } from '@tdc/shared/network.ts';
import { type Jam, jamOf } from './jam.ts';
import { journeyMsMax, slotMs, type Visit, visitsOfSlot } from './journeys.ts';
import { type StreetMap, streetMapOf } from './street-map.ts';

export interface RoadOptions {
  readonly network: Pick<Network, 'detectors' | 'links'>;
  /** Whole number: another seed, another story. */
  readonly seed: number;
  /** Vehicles that come in at each end of the network in an hour of average traffic, 0 to 20,000. */
  readonly vehiclesPerHour: number;
}

/**
 * Made-up traffic on a network: a pure function of the options and the time, so that every process that simulates a detector of
 * it tells the same story.
 */
export interface Road {
  readonly seed: number;
  readonly map: StreetMap;
  readonly jam: Jam;
  /** Visits to a detector of those who come into the network in one minute of the clock (`slotMs`). */
  visits(slot: number, detectorId: string): readonly Visit[];
}

export const vehiclesPerHourMax = 20_000;
/** Minutes remembered, for the detectors of one process that ask one after the other. */
const slotsMax = journeyMsMax / slotMs + 30;

/** Throws InvalidInputError. */
export function simulatedRoad({ network, seed, vehiclesPerHour }: RoadOptions): Road {
  if (!Number.isSafeInteger(seed)) {
    throw new InvalidInputError(`simulation.seed ${seed}: expected a whole number`, { field: 'simulation.seed' });
  }
  if (!(vehiclesPerHour >= 0 && vehiclesPerHour <= vehiclesPerHourMax)) {
    throw new InvalidInputError(
      `simulation.vehicles_per_hour ${vehiclesPerHour}: expected 0 to ${vehiclesPerHourMax}`,
      {
        field: 'simulation.vehicles_per_hour',
      },
    );
  }
  const map = streetMapOf(network);
  const jam = jamOf(map, seed);
  const bySlot = new Map<number, ReadonlyMap<string, readonly Visit[]>>();
  const ofSlot = (slot: number) => {
    const known = bySlot.get(slot);
    if (known !== undefined) return known;
    const made = Map.groupBy(visitsOfSlot({ map, jam, seed, vehiclesPerHour }, slot), ({ detectorId }) => detectorId);
    const [oldest] = bySlot.keys();
    if (bySlot.size >= slotsMax && oldest !== undefined) bySlot.delete(oldest);
    bySlot.set(slot, made);
    return made;
  };
  return { seed, map, jam, visits: (slot, detectorId) => ofSlot(slot).get(detectorId) ?? [] };
}
