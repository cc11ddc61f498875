import type { EstimationEvent } from './estimation-event.ts';

/** An event for tests: what is not given is plausible. */
export function passing(
  given: Partial<EstimationEvent> & Pick<EstimationEvent, 'detectorId' | 'deviceId' | 'referenceTimeMs'>,
): EstimationEvent {
  const { detectorId, deviceId, referenceTimeMs } = given;
  return {
    id: `${detectorId}-${deviceId}-${String(referenceTimeMs).padStart(12, '0')}`,
    kind: 'classic',
    addressClass: 'public',
    resident: false,
    clockQuality: 'synchronised',
    madeAtMs: referenceTimeMs + 33_000,
    ...given,
  };
}

/** A device's journey from A to B. */
export const journey = (deviceId: string, departedS: number, travelTimeS: number): readonly EstimationEvent[] => [
  passing({ detectorId: 'A', deviceId, referenceTimeMs: departedS * 1000 }),
  passing({ detectorId: 'B', deviceId, referenceTimeMs: (departedS + travelTimeS) * 1000 }),
];
