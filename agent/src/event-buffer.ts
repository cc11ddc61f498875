import { type BackoffPolicy, backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { Pulse } from '@tdc/shared/pulse.ts';
import type { Outbox, OutboxCounts } from './outbox.ts';
import { isWaiting, type WaitingEvent } from './waiting-room.ts';

export interface EventBufferOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: () => number;
  /** Events that are committed together at most after each other: the first of the two limits that is reached. */
  readonly flushRows: number;
  readonly flushMs: number;
  /** Called after each commit. */
  readonly onCommitted: () => void;
  /** Called when the disk refuses, at each try. */
  readonly onRefused: (error: UnavailableError) => void;
}

/** Events kept in memory while the disk refuses them; beyond, the oldest are dropped and counted as `disk_full`. */
export const uncommittedMax = 10_000;
/** Events in one transaction after the disk has refused for a while. */
const appendRowsMax = 1000;
const retryPolicy: BackoffPolicy = { baseMs: 2000, maxMs: 30_000 };

/** made = acknowledged + inOutbox + the sum of dropped. Always. */
export interface BufferedCounts {
  readonly made: number;
  readonly acknowledged: number;
  /** Stored and uncommitted. */
  readonly inOutbox: number;
  readonly uncommitted: number;
  /** Of inOutbox, those that wait for the clock to be set. */
  readonly waiting: number;
  readonly dropped: OutboxCounts['dropped'];
}

/** Group commit: collects events on their way to the outbox, and keeps them while the disk refuses. */
export class EventBuffer implements AsyncDisposable {
  /** Events on their way to the disk are tried, whether it takes them or not. */
  readonly pulse: Pulse;
  readonly #options: EventBufferOptions;
  readonly #stop = new AbortController();
  #uncommitted: (DetectionEvent | WaitingEvent)[] = [];
  /** Dropped from memory and not yet counted in the outbox. */
  #dropped = 0;
  /** Tries since the disk last took something. */
  #refusals = 0;
  #nextFlush: Promise<void> | undefined;

  constructor(options: EventBufferOptions) {
    this.#options = options;
    this.pulse = new Pulse('committing of events', options.clock);
  }

  add(events: readonly (DetectionEvent | WaitingEvent)[]): void {
    for (const event of events) this.#uncommitted.push(event);
    if (this.#refusals === 0 && this.#uncommitted.length >= this.#options.flushRows) this.flush();
    const excess = this.#uncommitted.length - uncommittedMax;
    if (excess > 0) {
      this.#uncommitted = this.#uncommitted.slice(excess);
      this.#dropped += excess;
    }
    if (this.#uncommitted.length > 0) this.#nextFlush ??= this.#flushLater();
  }

  /** Commits what is there; false when the disk refuses. Nothing is lost then. */
  flush(): boolean {
    try {
      this.#commit();
      return true;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      this.#refusals += 1;
      this.#options.onRefused(error);
      return false;
    }
  }

  counts(): BufferedCounts {
    const { made, acknowledged, stored, waiting, dropped } = this.#options.outbox.counts();
    const uncommitted = this.#uncommitted.length;
    return {
      made: made + uncommitted + this.#dropped,
      acknowledged,
      inOutbox: stored + uncommitted,
      uncommitted,
      waiting: waiting + this.#uncommitted.filter(isWaiting).length,
      dropped: { ...dropped, disk_full: dropped.disk_full + this.#dropped },
    };
  }

  /** Commits what is there, if the disk takes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#nextFlush;
    this.flush();
  }

  #commit(): void {
    const { outbox, onCommitted } = this.#options;
    const hadSome = this.#uncommitted.length > 0;
    if (this.#dropped > 0) {
      outbox.drop('disk_full', this.#dropped);
      this.#dropped = 0;
    }
    while (this.#uncommitted.length > 0) {
      const events = this.#uncommitted.slice(0, appendRowsMax);
      outbox.append(events);
      this.#uncommitted = this.#uncommitted.slice(events.length);
    }
    this.#refusals = 0;
    if (hadSome) onCommitted();
  }

  async #flushLater(): Promise<void> {
    const { clock, flushMs, random } = this.#options;
    try {
      while (this.#uncommitted.length > 0) {
        const waitMs = this.#refusals === 0 ? flushMs : flushMs + backoffMs(retryPolicy, this.#refusals - 1, random);
        this.pulse.beat(waitMs);
        await clock.sleep(waitMs, this.#stop.signal);
        this.flush();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      this.#nextFlush = undefined;
      this.pulse.rest();
    }
  }
}
