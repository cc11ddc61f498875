import type { DetectionEvent } from '@tdc/shared/event.ts';

/** Why an event was given up. `overflow`: the outbox was at its limit. `rejected`: the collector refused it for good. */
export type DropReason = 'overflow' | 'disk_full' | 'rejected' | 'corrupt';

/** made = acknowledged + stored + the sum of dropped, in every state of the file. */
export interface OutboxCounts {
  readonly made: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export interface OutboxEntry {
  /** Number of the event since the outbox's first day; rises, is never used twice. */
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
   * Commits events, all or none; durable (fsynced) when it returns. May drop the oldest to stay within the limit.
   * Throws UnavailableError when the disk does not take them: nothing is stored then, and the caller still has them.
   */
  append(events: readonly DetectionEvent[]): void;
  /** Entries of a range, oldest first, at most `limit`. Entries that were dropped or settled are not there. */
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
