import type { Link } from '@tdc/shared/network.ts';
import type { EstimationEvent } from '../estimation/estimation-event.ts';
import { lookBackMs, type MatchChange } from '../estimation/matcher.ts';
import { type EstimationSettings, type LinkEstimate, NetworkEstimator } from '../estimation/network-estimator.ts';
import { Surroundings } from '../estimation/surroundings.ts';
import { memoryBeginsMs, type Peers } from '../estimation/term.ts';
import type { EventStore } from '../repository.ts';
import { turn } from '../short-turns.ts';
import { EventHistory, inOrder, minuteMs } from './event-history.ts';

/** What the estimates of the links to a detector are made with. */
export interface Destination extends EstimationSettings {
  readonly detectorId: string;
  /** All links of the network. */
  readonly links: readonly Link[];
  readonly peers?: Peers;
}

/** Between two looks at whether the turn has ended: less than a millisecond's work. */
const eventsATurn = 16;

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
    const history = this.#historyIn(store);
    yield* this.#minutes(history, toMs, signal);
    return history.rest(signal);
  }

  /** The same for who does not go on from there: nothing of what came later is read. */
  minutesTo(store: EventStore, toMs: number, signal: AbortSignal): AsyncGenerator<MinuteResult, void> {
    return this.#minutes(this.#historyIn(store), toMs, signal);
  }

  /** The minute after the last, from its events. */
  async minute(timeMs: number, events: readonly EstimationEvent[]): Promise<MinuteResult> {
    await turn();
    for (const { detectorId, madeAtMs } of events) {
      this.#lastMadeMs.set(detectorId, Math.max(madeAtMs, this.#lastMadeMs.get(detectorId) ?? 0));
    }
    const changes = await this.#add(inOrder(events));
    await turn();
    return { timeMs, estimates: this.estimator.estimatesAt(timeMs), changes };
  }

  async #add(events: readonly EstimationEvent[]): Promise<readonly MatchChange[]> {
    const changes: MatchChange[] = [];
    for (const [index, event] of events.entries()) {
      if (index % eventsATurn === 0) await turn();
      changes.push(...this.estimator.add(event));
    }
    return changes;
  }

  #historyIn(store: EventStore): EventHistory {
    const { links, detectorId } = this.#destination;
    const fromMs = Math.floor((memoryBeginsMs(this.#fromMs) - lookBackMs(links)) / minuteMs) * minuteMs;
    return new EventHistory(store, { detectorIds: new Surroundings(links).around(detectorId), fromMs });
  }

  async *#minutes(history: EventHistory, toMs: number, signal: AbortSignal): AsyncGenerator<MinuteResult, void> {
    const memoryMs = memoryBeginsMs(this.#fromMs);
    for (let timeMs = history.fromMs + minuteMs; timeMs <= toMs; timeMs += minuteMs) {
      const events = await history.take(timeMs, signal);
      if (timeMs <= memoryMs) {
        await this.#add(events);
        continue;
      }
      const result = await this.minute(timeMs, events);
      if (timeMs > this.#fromMs) yield result;
    }
  }
}
