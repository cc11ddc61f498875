import type { DetectionEvent } from './event.ts';
import { eventIdMaker } from './event-id.ts';

const eventId = eventIdMaker();

/** An event for tests and benchmarks: what is not given is plausible and follows from the reference time. */
export function madeUpEvent(given: Partial<DetectionEvent> = {}): DetectionEvent {
  const referenceTimeMs = given.referenceTimeMs ?? 1_700_000_000_000;
  return {
    id: eventId(referenceTimeMs),
    detectorId: 'D1',
    kind: 'classic',
    addressClass: 'public',
    deviceId: 'c0ffee01',
    keyEpoch: 19_675,
    referenceTimeMs,
    firstSeenMs: referenceTimeMs - 4000,
    lastSeenMs: referenceTimeMs + 2500,
    rssiPeakDbm: -61,
    sightings: 7,
    resident: false,
    clockQuality: 'synchronised',
    madeAtMs: referenceTimeMs + 33_000,
    ...given,
  };
}

/** Events a second apart. */
export const madeUpEvents = (count: number): readonly DetectionEvent[] =>
  Array.from({ length: count }, (_, index) => madeUpEvent({ referenceTimeMs: 1_700_000_000_000 + index * 1000 }));
