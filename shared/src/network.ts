/** WGS 84 degrees. */
export interface GeoPosition {
  readonly type: 'geo';
  readonly latitude: number;
  readonly longitude: number;
}

/** Metres on a made-up plane. */
export interface PlanePosition {
  readonly type: 'plane';
  readonly xM: number;
  readonly yM: number;
}

export type Position = GeoPosition | PlanePosition;

/** One box at one place. */
export interface Detector {
  /** 1 to 64 of letters, digits, '_', '-'. */
  readonly id: string;
  /** Name for people; empty where none was given. */
  readonly name: string;
  readonly position: Position;
}

/** How the travel time of a link is estimated: our own, or one of the published estimators. */
export const estimatorNames = ['grid-filter', 'transguide', 'dion-rakha', 'mad', 'iqr-median'] as const;
export type EstimatorName = (typeof estimatorNames)[number];
export const isEstimatorName = (text: string): text is EstimatorName =>
  (estimatorNames as readonly string[]).includes(text);

/** An ordered pair of detectors between which travel times are wanted. */
export interface Link {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  /** The longest journey that is still matched, 1 to 86400. */
  readonly maxSeconds: number;
  /** Driving distance in metres. */
  readonly lengthM?: number;
  /** What it takes when nothing is in the way, where somebody knows; learned otherwise. */
  readonly freeFlowSeconds?: number;
  /** Another estimator than the network's. */
  readonly estimator?: EstimatorName;
}

/** Detectors that a route leads along, at most. */
export const routeDetectorsMax = 100;

/** Links in sequence under a name. */
export interface Route {
  /** As that of a detector is made. */
  readonly id: string;
  /** Name for people, as on a sign; empty where none was given. */
  readonly name: string;
  /** In the order of the drive, 2 to 100; each is linked with the next. */
  readonly detectorIds: readonly string[];
}

/** The ends of a route's links, in the order of the drive. */
export const linksAlong = (detectorIds: readonly string[]): readonly Pick<Link, 'fromDetectorId' | 'toDetectorId'>[] =>
  detectorIds.slice(1).map((toDetectorId, i) => ({ fromDetectorId: detectorIds[i] ?? '', toDetectorId }));

/** Detectors, links and routes. Ids are unique, both ends of every link are among the detectors, and all that routes lead along is among the links. */
export interface Network {
  readonly detectors: readonly Detector[];
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
}
