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

/** Detectors and links. Ids are unique, and both ends of every link are among the detectors. */
export interface Network {
  readonly detectors: readonly Detector[];
  readonly links: readonly Link[];
}
