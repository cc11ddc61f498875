import type { Link } from '@tdc/shared/network.ts';
import type { EstimationEvent } from '../estimation/estimation-event.ts';
import { lookBackMs, type MatchChange } from '../estimation/matcher.ts';
import { type EstimationSettings, type LinkEstimate, NetworkEstimator } from '../estimation/network-estimator.ts';
import { Surroundings } from '../estimation/surroundings.ts';
import { memoryBeginsMs } from '../estimation/term.ts';
import type { EventStore } from '../repository.ts';
import { EventHistory, inOrder, minuteMs } from './event-history.ts';

/** What the estimates of the links to a detector are made with. */
export interface Destination extends EstimationSettings {
  readonly detectorId: string;
  /** All links of the network. */
  readonly links: readonly Link[];
}

/** What came of a minute. */
export interface MinuteResult {
  readonly timeMs: number;
  readonly estimates: readonly LinkEstimate[];
  readonly changes: readonly MatchChange[];
}

/**
 * Estimates the links to a detector minute by minute, first from what is in the repository and then from what it is given: the same
 * either way.
 */
export class DestinationReplay {
  readonly estimator: NetworkEstimator;
  readonly #destination: Destination;
  /** When each detector last made an event. */
  readonly #lastMadeMs = new Map<string, number>();

  /** For the minutes after a time, Unix milliseconds, a full minute. */
  readonly #fromMs: number;

  constructor(destination: Destination, fromMs: number) {
    this.#destination = destination;
    this.#fromMs = fromMs;
    this.estimator = new NetworkEstimator({
      ...destination,
      destinations: [destination.detectorId],
      fromMs: memoryBeginsMs(fromMs),
    });
  }

  /** When a detector last made an event, of those that were seen; undefined for none. */
  lastMadeMs(detectorId: string): number | undefined {
    return this.#lastMadeMs.get(detectorId);
  }

  /** The minutes up to one, from the repository. Returns the events of later minutes. */
  async *past(
    store: EventStore,
    toMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<MinuteResult, readonly EstimationEvent[]> {
    const { links, detectorId } = this.#destination;
    const memoryMs = memoryBeginsMs(this.#fromMs);
    const fromMs = Math.floor((memoryMs - lookBackMs(links)) / minuteMs) * minuteMs;
    const detectorIds = new Surroundings(links).around(detectorId);
    const history = new EventHistory(store, { detectorIds, fromMs });
    for (let timeMs = fromMs + minuteMs; timeMs <= toMs; timeMs += minuteMs) {
      const events = await history.take(timeMs, signal);
      if (timeMs <= memoryMs) {
        for (const event of events) this.estimator.add(event);
        continue;
      }
      const result = this.minute(timeMs, events);
      if (timeMs > this.#fromMs) yield result;
    }
    return history.rest(signal);
  }

  /** The minute after the last, from its events. */
  minute(timeMs: number, events: readonly EstimationEvent[]): MinuteResult {
    const changes = inOrder(events).flatMap((event) => {
      this.#lastMadeMs.set(event.detectorId, Math.max(event.madeAtMs, this.#lastMadeMs.get(event.detectorId) ?? 0));
      return this.estimator.add(event);
    });
    return { timeMs, estimates: this.estimator.estimatesAt(timeMs), changes };
  }
}
