import type { DetectionEvent } from '@tdc/shared/event.ts';
import { batchesOf, madeUpEvents } from './made-up-events.ts';

export const eventCount = 300_000;
export const detectorCount = 20;
export const batchEvents = 256;

/** The batches of all agents, each of one detector, taking turns. */
export function agentBatches(nowMs: number): readonly (readonly DetectionEvent[])[] {
  const startMs = nowMs - 3_600_000;
  const events = [...madeUpEvents({ count: eventCount, detectors: detectorCount, startMs, perSecond: 100 })];
  const perDetector = [...Map.groupBy(events, ({ detectorId }) => detectorId).values()];
  const queues = perDetector.map((own) => [...batchesOf(own, batchEvents)]);
  const longest = Math.max(...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
}
