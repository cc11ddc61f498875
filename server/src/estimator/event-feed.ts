import { backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { OutOfRangeError, TdcError } from '@tdc/shared/errors.ts';
import type { EstimationEvent } from '../estimation/estimation-event.ts';
import { type CommittedEvents, type EventStore, earliestCursor } from '../repository.ts';
import { estimationEventOf } from './event-history.ts';

/** Takes the events of some detectors as they are committed; none may be missed, some may come again. */
export interface FeedListener {
  readonly detectorIds: readonly string[];
  receive(event: EstimationEvent): void;
  /** Events that were committed before now may have been missed: history no longer reached the cursor. */
  lost(): void;
}

/** Wishes to begin earlier that come within this time are granted together. */
const gatherMs = 300;
/** The feed is at the present when nothing has come for so long; and is taken to be, after a while. */
const idleMs = 200;
const idleWaitMs = 3000;
const retry = { baseMs: 200, maxMs: 5000 };

/** Follows the repository's events once for all who work in this process. */
export class EventFeed {
  readonly #events: EventStore;
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<FeedListener>>();
  #cursor: string | undefined;
  #cameAtMs = Number.NaN;
  /** Whether events may have been missed. What is missed ends only where following begins again: then listeners are told. */
  #hasGap = false;
  #rewinds: string[] = [];
  #restart = new AbortController();

  constructor(events: EventStore, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Everything up to here has been received by every listener; undefined before the first answer. */
  get cursor(): string | undefined {
    return this.#rewinds.length > 0 ? undefined : this.#cursor;
  }

  subscribe(listener: FeedListener): Disposable {
    for (const id of listener.detectorIds)
      this.#listeners.set(id, (this.#listeners.get(id) ?? new Set()).add(listener));
    return {
      [Symbol.dispose]: () => {
        for (const id of listener.detectorIds) this.#listeners.get(id)?.delete(listener);
      },
    };
  }

  /** Has everything come (again) that was committed after a cursor. */
  rewind(cursor: string): void {
    this.#rewinds.push(cursor);
    this.#cameAtMs = Number.NaN;
  }

  /** Resolves when what has been committed by now has been received. */
  async atPresent(signal: AbortSignal): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    for (;;) {
      await this.#clock.sleep(idleMs / 2, signal);
      const nowMs = this.#clock.monotonicMs();
      if (Number.isNaN(this.#cameAtMs)) continue;
      if (nowMs - this.#cameAtMs >= idleMs || nowMs - startedMs > idleWaitMs) return;
    }
  }

  /** Follows until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const gathering = this.#gather(signal);
    for (let failures = 0; !signal.aborted; ) {
      const restart = new AbortController();
      this.#restart = restart;
      try {
        for await (const page of this.#events.follow(this.#cursor, AbortSignal.any([signal, restart.signal]))) {
          // What was on its way when the feed was to begin anew comes again.
          if (restart.signal.aborted) break;
          failures = 0;
          this.#dispatch(page);
        }
      } catch (error) {
        if (signal.aborted) break;
        if (restart.signal.aborted) continue;
        if (error instanceof OutOfRangeError) {
          this.#cursor = undefined;
          this.#cameAtMs = Number.NaN;
          this.#hasGap = true;
        } else if (!(error instanceof TdcError && error.retryable)) throw error;
        await this.#pause(backoffMs(retry, failures++, Math.random), signal);
      }
    }
    await gathering;
  }

  #dispatch({ events, cursor }: CommittedEvents): void {
    if (this.#hasGap)
      for (const each of new Set([...this.#listeners.values()].flatMap((some) => [...some]))) each.lost();
    this.#hasGap = false;
    for (const event of events) {
      const listeners = this.#listeners.get(event.detectorId) ?? [];
      // One for all: they keep it for hours.
      const kept = estimationEventOf(event);
      for (const each of listeners) each.receive(kept);
    }
    this.#cursor = cursor;
    this.#cameAtMs = this.#clock.monotonicMs();
  }

  /** Begins anew from the earliest of the cursors that were asked for. */
  async #gather(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [first, ...others] = this.#rewinds;
      if (first !== undefined) {
        this.#cursor = earliestCursor([first, ...others, ...(this.#cursor === undefined ? [] : [this.#cursor])]);
        this.#rewinds = [];
        this.#restart.abort(new Error('the feed begins anew'));
      }
      await this.#pause(gatherMs, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
