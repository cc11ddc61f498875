import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordedSighting } from '../recorded-line.ts';
import { hearingOf } from './detector-hearing.ts';
import type { Road } from './road.ts';

const windowMs = 60_000;

/** What all the detectors of a road hear, in the order of time. */
export async function* simulatedRecording(
  road: Road,
  fromMs: number,
  toMs: number,
): AsyncGenerator<readonly RecordedSighting[]> {
  const hearings = road.map.detectorIds.map((detectorId) => ({ detectorId, hear: hearingOf(road, detectorId) }));
  for (let startMs = fromMs; startMs < toMs; startMs += windowMs) {
    const endMs = Math.min(toMs, startMs + windowMs);
    // The sort is stable: at the same time, detectors come in the order of the network.
    yield hearings
      .flatMap(({ detectorId, hear }) => hear(startMs, endMs).map((sighting) => ({ ...sighting, detectorId })))
      .sort((one, other) => one.timeMs - other.timeMs);
    await nextTurn();
  }
}
