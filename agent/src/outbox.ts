import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { WaitingEvent } from './waiting-room.ts';

/**
 * Why an event was given up. `overflow`: the outbox was at its limit. `rejected`: the collector refused it for good. `never_synchronised`:
 * the clock was wrong by years when it was made, and was never set in that boot.
 */
export const dropReasons = ['overflow', 'disk_full', 'rejected', 'corrupt', 'never_synchronised'] as const;
export type DropReason = (typeof dropReasons)[number];

/** made = acknowledged + stored + the sum of dropped, in every state of the file. */
export interface OutboxCounts {
  readonly made: number;
  readonly acknowledged: number;
  /** To be sent, or waiting for the clock to be set. */
  readonly stored: number;
  /** Of `stored`, those that wait for the clock. */
  readonly waiting: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export interface OutboxEntry {
  /** Number of the event in the order in which they are to be sent, from the outbox's first day on; rises, is never used twice. */
  readonly seq: number;
  readonly event: DetectionEvent;
}

/** Part of the outbox, in the order of sequence numbers: `after < seq <= through`. */
export interface OutboxRange {
  readonly after: number;
  readonly through: number;
  readonly limit: number;
}

/**
 * Port: the events that wait to be sent, on disk.
 *
 * Bounded: past its limit the oldest are dropped and counted. Never loaded into memory as a whole.
 */
export interface Outbox {
  /**
   * Commits events, those that wait for the clock to their waiting room, all or none; durable (fsynced) when it returns. May drop the oldest to stay within the limit.
   * Throws UnavailableError when the disk does not take them: nothing is stored then, and the caller still has them.
   */
  append(events: readonly (DetectionEvent | WaitingEvent)[]): void;
  /** Entries of a range that are to be sent, oldest first, at most `limit`. Entries that were dropped or settled are not there. */
  read(range: OutboxRange): readonly OutboxEntry[];
  /**
   * Removes entries that the collector has settled. Idempotent: entries no longer there are not counted again.
   * `rejected` entries count as dropped, the others as acknowledged.
   */
  settle(acknowledged: readonly number[], rejected: readonly number[]): void;
  /** Counts events that were made and given up before they could be stored. */
  drop(reason: DropReason, count: number): void;
  counts(): OutboxCounts;
  /** Highest sequence number given so far; 0 while there is none. */
  lastSeq(): number;
  /** Bytes on disk and their limit. */
  size(): { readonly bytes: number; readonly bytesMax: number };
}
