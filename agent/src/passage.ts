import { type DeviceClass, deviceClassOf } from '@tdc/shared/device-class.ts';
import type { DetectionEvent, Kind } from '@tdc/shared/event.ts';
import type { Identity } from './pseudonyms.ts';
import type { Sighting } from './sighting.ts';

/** One device in the zone: what its event will say, from what was heard so far. */
export interface Passage {
  readonly kind: Kind;
  identity: Identity;
  firstSeenMs: number;
  lastSeenMs: number;
  /** Of the last sighting within the window of the strongest; of the first while none had an RSSI. */
  referenceTimeMs: number;
  rssiPeakDbm: number | undefined;
  /** As the last sighting that had one says. No more of the 24 bits is kept. */
  deviceClass: DeviceClass | undefined;
  sightings: number;
  /** Its event is made: the device has not left and is only counted. */
  resident: boolean;
}

/** What an event says, by the time of the sightings: what that means, and how good it is, is another's to know. */
export type PassageEvent = Omit<DetectionEvent, 'id' | 'clockQuality'>;

export const openPassage = (sighting: Sighting, identity: Identity): Passage => ({
  kind: sighting.kind,
  identity,
  firstSeenMs: sighting.timeMs,
  lastSeenMs: sighting.timeMs,
  referenceTimeMs: sighting.timeMs,
  rssiPeakDbm: sighting.rssiDbm,
  deviceClass: classOf(sighting),
  sightings: 1,
  resident: false,
});

const classOf = ({ deviceClass }: Sighting): DeviceClass | undefined =>
  deviceClass === undefined ? undefined : deviceClassOf(deviceClass);

/**
 * Adds a sighting. Reference time needs no memory of earlier sightings: whoever was within the window of a lower peak was before
 * the sighting that raised it, and that one is within its own window.
 */
export function addToPassage(passage: Passage, sighting: Sighting, windowDb: number): void {
  const { timeMs, rssiDbm } = sighting;
  passage.sightings += 1;
  passage.lastSeenMs = Math.max(passage.lastSeenMs, timeMs);
  passage.deviceClass = classOf(sighting) ?? passage.deviceClass;
  if (rssiDbm !== undefined) {
    if (passage.rssiPeakDbm === undefined || rssiDbm > passage.rssiPeakDbm) {
      passage.rssiPeakDbm = rssiDbm;
      passage.referenceTimeMs = timeMs;
    } else if (rssiDbm >= passage.rssiPeakDbm - windowDb) {
      passage.referenceTimeMs = Math.max(passage.referenceTimeMs, timeMs);
    }
  } else if (passage.rssiPeakDbm === undefined) {
    passage.referenceTimeMs = Math.min(passage.referenceTimeMs, timeMs);
  }
  passage.firstSeenMs = Math.min(passage.firstSeenMs, timeMs);
}

/** The event of a passage that is over, or of a device that stays. */
export function eventOf(
  passage: Passage,
  made: { readonly detectorId: string; readonly atMs: number; readonly resident: boolean },
): PassageEvent {
  const { deviceId, previousDeviceId, keyEpoch, addressClass } = passage.identity;
  return {
    detectorId: made.detectorId,
    kind: passage.kind,
    addressClass,
    deviceId,
    keyEpoch,
    ...(previousDeviceId === undefined ? {} : { previousDeviceId }),
    referenceTimeMs: passage.referenceTimeMs,
    firstSeenMs: passage.firstSeenMs,
    lastSeenMs: passage.lastSeenMs,
    ...(passage.rssiPeakDbm === undefined ? {} : { rssiPeakDbm: passage.rssiPeakDbm }),
    ...(passage.deviceClass === undefined ? {} : { deviceClass: passage.deviceClass }),
    sightings: passage.sightings,
    resident: made.resident,
    madeAtMs: Math.max(made.atMs, passage.lastSeenMs),
  };
}
