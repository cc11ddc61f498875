import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventIdMaker } from '@tdc/shared/event-id.ts';

/** Events as a network of `detectors` would make them, in order of time, `perSecond` in all; pseudonyms repeat. */
export function* madeUpEvents(options: {
  readonly count: number;
  readonly detectors: number;
  readonly startMs: number;
  readonly perSecond: number;
}): Generator<DetectionEvent> {
  const makeId = eventIdMaker();
  for (let index = 0; index < options.count; index++) {
    const referenceTimeMs = Math.floor(options.startMs + (index * 1000) / options.perSecond);
    yield {
      id: makeId(referenceTimeMs),
      detectorId: `D${1 + (index % options.detectors)}`,
      kind: index % 3 === 0 ? 'classic' : 'ble',
      addressClass: index % 3 === 0 ? 'public' : 'resolvable',
      deviceId: (Math.imul(index, 2_654_435_761) >>> 0).toString(16).padStart(8, '0'),
      keyEpoch: 20_000,
      referenceTimeMs,
      firstSeenMs: referenceTimeMs - 4000,
      lastSeenMs: referenceTimeMs + 3000,
      rssiPeakDbm: -60 - (index % 30),
      sightings: 1 + (index % 12),
      resident: false,
      clockQuality: 'synchronised',
      madeAtMs: referenceTimeMs + 33_000,
    };
  }
}

/** Cuts into lists of `size`. */
export function* batchesOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
