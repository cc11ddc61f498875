import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { Random } from './random.ts';

const minuteMs = 60_000;

/** Cars along detectors in sequence, three a minute, for so many minutes; by when the events are made. */
export function carsAlong(
  detectorIds: readonly string[],
  startMs: number,
  minutes: number,
  random: Random,
): readonly DetectionEvent[] {
  const events: DetectionEvent[] = [];
  for (let car = 0; car < minutes * 3; car++) {
    const deviceId = (0xca000000 + car).toString(16);
    let referenceTimeMs = Math.round(startMs + (car / 3) * minuteMs);
    for (const detectorId of car % 2 === 0 ? detectorIds : detectorIds.toReversed()) {
      const madeAtMs = referenceTimeMs + random.between(31_000, 50_000);
      events.push(madeUpEvent({ detectorId, deviceId, referenceTimeMs, lastSeenMs: referenceTimeMs, madeAtMs }));
      referenceTimeMs += random.between(70_000, 120_000);
    }
  }
  return events.toSorted((a, b) => a.madeAtMs - b.madeAtMs);
}
