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

/** An ordered pair of detectors between which travel times are wanted. */
export interface Link {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  /** The longest journey that is still matched, 1 to 86400. */
  readonly maxSeconds: number;
  /** Driving distance in metres. */
  readonly lengthM?: number;
}

/** Detectors and links. Ids are unique, and both ends of every link are among the detectors. */
export interface Network {
  readonly detectors: readonly Detector[];
  readonly links: readonly Link[];
}
