import { eventTimeMsMax, firstEventIdAt } from '@tdc/shared/event-id.ts';

/** Larger than every event id. */
export const behindEveryId = '8';

/** What divides the ids of events before a time from those at it and later. */
export function eventBoundAt(timeMs: number): string {
  return timeMs > eventTimeMsMax ? behindEveryId : firstEventIdAt(timeMs);
}
