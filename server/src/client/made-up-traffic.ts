import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventIdMaker } from '@tdc/shared/event-id.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';

export interface MadeUpTraffic {
  readonly detectorIds: readonly string[];
  /** How many different devices there are. */
  readonly devices: number;
  readonly random: () => number;
}

const passageMs = 4000;

/** Events of random devices at random detectors, each heard for the last four seconds. */
export function madeUpTraffic({ detectorIds, devices, random }: MadeUpTraffic): (nowMs: number) => DetectionEvent {
  const eventId = eventIdMaker();
  const epochs = keyEpochsOf('UTC');
  const deviceIds = deviceIdsOf(devices, random);
  const below = (end: number) => Math.floor(random() * end);
  return (nowMs) => ({
    id: eventId(nowMs),
    detectorId: detectorIds[below(detectorIds.length)] ?? '',
    kind: 'classic',
    addressClass: 'public',
    deviceId: deviceIds[below(devices)] ?? '',
    keyEpoch: epochs.at(nowMs),
    referenceTimeMs: nowMs,
    firstSeenMs: nowMs - passageMs,
    lastSeenMs: nowMs,
    rssiPeakDbm: -90 + below(51),
    sightings: 1 + below(10),
    resident: false,
    clockQuality: 'synchronised',
    madeAtMs: nowMs,
  });
}

/** Different random numbers of 32 bits. */
function deviceIdsOf(devices: number, random: () => number): readonly string[] {
  const ids = new Set<string>();
  while (ids.size < devices)
    ids.add(
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    );
  return [...ids];
}
