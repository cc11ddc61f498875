import type { Detector } from './api-types.ts';

export type LngLat = readonly [number, number];

/** A made-up plane is laid where a metre is a metre in both directions, at the equator. */
const degreesPerMetre = 360 / 40_075_017;

/** Where a detector is on the map; undefined for one without a place. */
export function placeOnMap({ longitude, latitude, x_m, y_m }: Detector): LngLat | undefined {
  if (longitude !== null && latitude !== null) return [longitude, latitude];
  return x_m === null || y_m === null ? undefined : [x_m * degreesPerMetre, y_m * degreesPerMetre];
}

/** Whether a background of the Earth fits the network. */
export const isOnEarth = (detectors: Iterable<Detector>): boolean =>
  [...detectors].some(({ longitude }) => longitude !== null);

/** West, south, east and north ends; undefined without a place. */
export function boundsOf(places: readonly LngLat[]): [number, number, number, number] | undefined {
  const [first] = places;
  if (first === undefined) return undefined;
  let [west, south, east, north] = [...first, ...first];
  for (const [longitude, latitude] of places) {
    west = Math.min(west, longitude);
    east = Math.max(east, longitude);
    south = Math.min(south, latitude);
    north = Math.max(north, latitude);
  }
  return [west, south, east, north];
}
