/** One device's pair of events on a link. */
export interface Match {
  /** Of the two events: the same pair is the same match, whenever and however it was found. */
  readonly id: string;
  /** Reference times at the two detectors, Unix milliseconds. */
  readonly departedMs: number;
  readonly arrivedMs: number;
  readonly travelTimeS: number;
  /**
   * How many journeys it stands for: 1, or more for a rotating address, whose other half would have been lost to a rotation on
   * the way the more probably the longer the way took.
   */
  readonly weight: number;
  readonly rotating: boolean;
  /** What the device took on the link by which it came, if it was heard at the beginning of one. */
  readonly before?: Leg;
}

export interface Leg {
  readonly fromDetectorId: string;
  readonly travelTimeS: number;
}
