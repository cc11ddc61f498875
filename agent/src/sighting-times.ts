import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventIdMaker } from '@tdc/shared/event-id.ts';
import type { PassageEvent } from './passage.ts';
import type { WaitingEvent } from './waiting-room.ts';

/** What the times of sightings mean. */
export interface SightingTimes {
  /** Unix milliseconds of such a time, as far as is known now. */
  unixMs(timeMs: number): number;
  /** The event of a passage, with its id; or what waits for that until the clock is set. */
  date(passage: PassageEvent): DetectionEvent | WaitingEvent;
}

/** Nothing waits. */
export interface GivenTimes extends SightingTimes {
  date(passage: PassageEvent): DetectionEvent;
}

/** Of a recording or a simulation: they are what they say. */
export function givenTimes(): GivenTimes {
  const eventId = eventIdMaker();
  return {
    unixMs: (timeMs) => timeMs,
    date: (passage) => ({ id: eventId(passage.referenceTimeMs), ...passage, clockQuality: 'synchronised' }),
  };
}
