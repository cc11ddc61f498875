import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { PassageEvent } from './passage.ts';

/** An event that was made before the clock was set: when it was is known by the monotonic clock of its boot alone. It has no id yet. */
export interface WaitingEvent {
  /** Identity of the boot, as the kernel gives it. */
  readonly bootId: string;
  /** Its times are milliseconds of the monotonic clock of that boot. */
  readonly passage: PassageEvent;
  /** What made Unix milliseconds of them by the clock as it stood when the event was made, right or wrong. */
  readonly offsetMs: number;
}

export interface WaitingEntry {
  /** Number of the event; rises, is never used twice. */
  readonly number: number;
  readonly waiting: WaitingEvent;
}

/** What becomes of an entry: an event to be sent, or one whose time can never be known well enough to be sent. */
export interface Released {
  readonly number: number;
  readonly event: DetectionEvent | undefined;
}

/** Port: the part of the outbox in which events wait for the clock to be set. They count as stored, and the outbox's limit is theirs too. */
export interface WaitingRoom {
  /** Entries with a higher number, oldest first, at most `limit`. */
  waitingAfter(number: number, limit: number): readonly WaitingEntry[];
  /**
   * Puts events behind all that are to be sent, in the order given, and counts those without an event as dropped for `never_synchronised`;
   * all or none, durable. Idempotent: entries that are no longer there are passed over.
   */
  release(released: readonly Released[]): void;
}

export const isWaiting = (event: DetectionEvent | WaitingEvent): event is WaitingEvent => 'bootId' in event;
