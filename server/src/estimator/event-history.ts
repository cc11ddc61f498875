import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventTimeMsMax } from '@tdc/shared/event-id.ts';
import type { EstimationEvent } from '../estimation/estimation-event.ts';
import { passageMsMax } from '../estimation/matcher.ts';
import type { EventPosition, EventStore } from '../repository.ts';

export const minuteMs = 60_000;

/** The full minute at whose end something that was made at a time is known. */
export const minuteOf = (timeMs: number): number => Math.ceil(timeMs / minuteMs) * minuteMs;

/** Reference times that are read together. */
const windowMs = 10 * minuteMs;
const pageEvents = 1000;

export interface HistorySpan {
  readonly detectorIds: readonly string[];
  /** Reference time of the first events, Unix milliseconds, a full minute. */
  readonly fromMs: number;
}

/** What some detectors heard, by the minute in which it was made, in the order in which estimation takes it. */
export class EventHistory {
  readonly #store: EventStore;
  readonly #span: HistorySpan;
  readonly #minutes = new Map<number, EstimationEvent[]>();
  #readToMs: number;

  constructor(store: EventStore, span: HistorySpan) {
    this.#store = store;
    this.#span = span;
    this.#readToMs = span.fromMs;
  }

  get fromMs(): number {
    return this.#span.fromMs;
  }

  /** The events of a minute; minutes rise from call to call. No more than the events of forty minutes are held. */
  async take(minute: number, signal: AbortSignal): Promise<readonly EstimationEvent[]> {
    // What is made by the minute's end has a reference time before it.
    while (this.#readToMs <= minute) await this.#read(this.#readToMs + windowMs, signal);
    const events = this.#minutes.get(minute) ?? [];
    this.#minutes.delete(minute);
    return inOrder(events);
  }

  /** Everything that is made after the last minute. */
  async rest(signal: AbortSignal): Promise<readonly EstimationEvent[]> {
    await this.#read(eventTimeMsMax + 1, signal);
    return [...this.#minutes.values()].flat();
  }

  async #read(toMs: number, signal: AbortSignal): Promise<void> {
    for (const detectorId of this.#span.detectorIds) {
      let after: EventPosition | undefined;
      do {
        const page = await this.#store.scan(
          {
            ...{ detectorId, fromMs: this.#readToMs, toMs, order: 'oldest-first', limit: pageEvents, kinds: [] },
            reads: 'committed',
            ...(after === undefined ? {} : { after }),
          },
          signal,
        );
        for (const event of page.events) this.#keep(event);
        after = page.next;
      } while (after !== undefined);
    }
    this.#readToMs = toMs;
  }

  #keep(event: DetectionEvent): void {
    if (event.madeAtMs - event.referenceTimeMs > passageMsMax) return;
    const minute = minuteOf(event.madeAtMs);
    const events = this.#minutes.get(minute) ?? [];
    events.push(estimationEventOf(event));
    this.#minutes.set(minute, events);
  }
}

/** What estimation needs of an event, and no more is held. */
export function estimationEventOf(event: DetectionEvent): EstimationEvent {
  return {
    id: event.id,
    detectorId: event.detectorId,
    kind: event.kind,
    addressClass: event.addressClass,
    deviceId: event.deviceId,
    ...(event.previousDeviceId === undefined ? {} : { previousDeviceId: event.previousDeviceId }),
    referenceTimeMs: event.referenceTimeMs,
    resident: event.resident,
    clockQuality: event.clockQuality,
    madeAtMs: event.madeAtMs,
  };
}

/** By when they were made, then by id: the one order in which every server takes the events of a minute. */
export const inOrder = (events: readonly EstimationEvent[]): readonly EstimationEvent[] =>
  events.toSorted((a, b) => a.madeAtMs - b.madeAtMs || (a.id < b.id ? -1 : Number(a.id > b.id)));
