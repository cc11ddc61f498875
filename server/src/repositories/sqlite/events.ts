import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import {
  bucketSeconds,
  type CommittedEvents,
  type EventScan,
  type EventScanResult,
  type EventStore,
} from '../../repository.ts';
import { eventBoundAt } from './event-bound.ts';
import { EventFollower } from './event-follower.ts';
import type { EventRemover } from './event-remover.ts';
import { EventScanner } from './event-scanner.ts';
import { EventWriter } from './event-writer.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

const bucketMs = bucketSeconds * 1000;

export class SqliteEventStore implements EventStore {
  readonly #file: string;
  readonly #writer: EventWriter;
  readonly #scanner: EventScanner;
  readonly #follower: EventFollower;
  readonly #remover: EventRemover;

  constructor(open: OpenDatabase, remover: EventRemover, knows: (detectorId: string) => boolean) {
    this.#file = open.file;
    this.#scanner = new EventScanner(open.database);
    this.#follower = new EventFollower(open);
    this.#remover = remover;
    this.#writer = new EventWriter({ open, knows, committed: () => this.#follower.committed() });
  }

  append(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void> {
    return this.#writer.append(events, signal);
  }

  async scan(scan: EventScan, signal: AbortSignal): Promise<EventScanResult> {
    await yieldToOthers();
    signal.throwIfAborted();
    return guarded(this.#file, 'reading events', () => this.#scanner.scan(scan));
  }

  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<CommittedEvents> {
    return this.#follower.follow(cursor, signal);
  }

  removeBefore(detectorId: string, timeMs: number, signal: AbortSignal): Promise<number> {
    const bucketEndMs = Math.floor(timeMs / bucketMs) * bucketMs;
    return this.#remover.remove(detectorId, eventBoundAt(bucketEndMs), 'ends', signal);
  }

  /** Throws UnavailableError while the disk does not take events. */
  probe(): void {
    this.#writer.probe();
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#follower.close();
  }
}
