import type { Network, Position } from '@tdc/shared/network.ts';

/** A way from one detector to another. */
export interface Street {
  readonly from: string;
  readonly to: string;
  readonly lengthM: number;
  /** What most drive when the road is free. */
  readonly freeSpeedMps: number;
}

/** The network as a driver sees it. */
export interface StreetMap {
  readonly detectorIds: readonly string[];
  /** In the order of the network file. */
  readonly streets: readonly Street[];
  /** Detectors at which vehicles come into the network: its ends, or all where it has none. */
  readonly entries: readonly string[];
  streetsFrom(detectorId: string): readonly Street[];
}

const earthRadiusM = 6_371_000;
const lengthMMin = 30;
const townSpeedMps = 14;
const motorwaySpeedMps = 28;
/** Longer streets are faster ones. */
const townLengthM = 3000;
const motorwayLengthM = 12_000;

export function streetMapOf(network: Pick<Network, 'detectors' | 'links'>): StreetMap {
  const positions = new Map(network.detectors.map(({ id, position }) => [id, position]));
  const streets = network.links.map(({ fromDetectorId: from, toDetectorId: to, lengthM }): Street => {
    const straightM = distanceM(positions.get(from), positions.get(to));
    const drivenM = Math.max(lengthMMin, lengthM ?? straightM);
    return { from, to, lengthM: drivenM, freeSpeedMps: freeSpeedMps(drivenM) };
  });
  const byStart = Map.groupBy(streets, ({ from }) => from);
  const detectorIds = network.detectors.map(({ id }) => id);
  const ends = detectorIds.filter((id) => {
    const neighbours = new Set(streets.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : [])));
    return neighbours.size <= 1 || !streets.some(({ to }) => to === id);
  });
  // Where nothing leads away from the only ends, vehicles would be seen once and never again.
  const starts = ends.filter((id) => byStart.has(id));
  return {
    detectorIds,
    streets,
    entries: starts.length > 0 ? starts : detectorIds,
    streetsFrom: (id) => byStart.get(id) ?? [],
  };
}

function freeSpeedMps(lengthM: number): number {
  const part = (lengthM - townLengthM) / (motorwayLengthM - townLengthM);
  return townSpeedMps + Math.min(1, Math.max(0, part)) * (motorwaySpeedMps - townSpeedMps);
}

/** As the crow flies; 0 between a place on the earth and one that is not. */
function distanceM(one: Position | undefined, other: Position | undefined): number {
  if (one?.type === 'plane' && other?.type === 'plane') return Math.hypot(one.xM - other.xM, one.yM - other.yM);
  if (one?.type !== 'geo' || other?.type !== 'geo') return 0;
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const north = radians(other.latitude - one.latitude);
  const east = radians(other.longitude - one.longitude);
  const parallel = Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude));
  const haversine = Math.sin(north / 2) ** 2 + parallel * Math.sin(east / 2) ** 2;
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}
