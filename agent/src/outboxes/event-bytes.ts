import type { DetectionEvent } from '@tdc/shared/event.ts';
import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { eventToWire, msFromNs, parseEvent } from '@tdc/shared/wire.ts';
import type { PassageEvent } from '../passage.ts';

export const eventBytes = (event: DetectionEvent): Uint8Array => Event.encode(eventToWire(event)).finish();

/** Undefined for bytes that are no event. */
export const eventOfBytes = (bytes: Uint8Array): DetectionEvent | undefined => parsed(bytes, ({ id }) => id);

/** Without id and quality, which are given when the time is. */
export const passageBytes = (passage: PassageEvent): Uint8Array =>
  eventBytes({ id: '', ...passage, clockQuality: 'unsynchronised' });

/** Undefined for bytes that are no such event. */
export function passageOfBytes(bytes: Uint8Array): PassageEvent | undefined {
  const event = parsed(bytes, ({ referenceTimeNs }) => firstEventIdAt(msFromNs(referenceTimeNs)));
  if (event === undefined) return undefined;
  const { id: _, clockQuality: __, ...passage } = event;
  return passage;
}

function parsed(bytes: Uint8Array, idOf: (wire: Event) => string): DetectionEvent | undefined {
  try {
    const wire = Event.decode(bytes);
    const event = parseEvent({ ...wire, id: idOf(wire) });
    return event.ok ? event.value : undefined;
  } catch {
    // Bytes that are no message at all are as unreadable as a message that breaks the rules.
    return undefined;
  }
}
