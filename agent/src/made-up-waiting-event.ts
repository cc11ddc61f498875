import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { WaitingEvent } from './waiting-room.ts';

/** For tests: events a second apart, made in the first minutes of a boot in 1970. */
export const madeUpWaitingEvents = (count: number, given: Partial<WaitingEvent> = {}): readonly WaitingEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const { id: _id, clockQuality: _quality, ...passage } = madeUpEvent({ referenceTimeMs: 60_000 + index * 1000 });
    return { bootId: 'boot-1', offsetMs: 5000, passage, ...given };
  });
