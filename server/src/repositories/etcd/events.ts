import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { CommittedEvents, EventScan, EventScanResult, EventStore } from '../../repository.ts';
import type { EtcdConnection } from './connection.ts';
import type { EventFollower } from './event-follower.ts';
import type { EventScanner } from './event-scanner.ts';
import type { EventWriter } from './event-writer.ts';
import type { Keys } from './keys.ts';

export interface EventParts {
  readonly connection: EtcdConnection;
  readonly keys: Keys;
  readonly writer: EventWriter;
  readonly scanner: EventScanner;
  readonly follower: EventFollower;
}

export class EtcdEventStore implements EventStore {
  readonly #parts: EventParts;

  constructor(parts: EventParts) {
    this.#parts = parts;
  }

  append(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void> {
    return this.#parts.writer.append(events, signal);
  }

  scan(scan: EventScan, signal: AbortSignal): Promise<EventScanResult> {
    return this.#parts.scanner.scan(scan, signal);
  }

  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<CommittedEvents> {
    return this.#parts.follower.follow(cursor, signal);
  }

  removeBefore(detectorId: string, timeMs: number, signal: AbortSignal): Promise<number> {
    const { connection, keys } = this.#parts;
    const { from } = keys.family(`detectors/${detectorId}`);
    return connection.deleteRange({ from, to: keys.bucketBound(detectorId, timeMs) }, signal);
  }
}
