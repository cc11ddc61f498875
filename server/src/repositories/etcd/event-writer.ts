import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { ICompare, IRequestOp } from 'etcd3';
import { type EtcdConnection, exists, put } from './connection.ts';
import { eventToValue } from './event-value.ts';
import type { Keys } from './keys.ts';

/** Transactions under way at a time: one is fsynced by the members while the next is being sent. */
const transactionsInFlight = 8;
/** Events that may wait for their transaction; beyond it appends are refused, and their senders come again. */
const queuedEventsMax = 262_144;

interface Append {
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Events not yet stored. */
  waiting: number;
  state: 'open' | 'settled';
}

interface Item {
  readonly key: string;
  readonly event: DetectionEvent;
  readonly append: Append;
}

/** Events in the order of their coming, taken from the front without moving the others. */
class Queue {
  #items: Item[] = [];
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  peek(): Item | undefined {
    return this.#items[this.#taken];
  }

  drop(): void {
    this.#taken++;
    if (this.#taken < 4096 || this.#taken * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#taken);
    this.#taken = 0;
  }
}

/**
 * Writes events in transactions that all appends of the moment share. A transaction stores its events only if all of their
 * detectors are known, so that nothing outlives a detector. An event that is there is put once more, which costs less than asking
 * for each whether it is: readers see the same, and followers pass over all but the first version of a key.
 */
export class EventWriter {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;
  readonly #operationsMax: number;
  readonly #closed = new AbortController();
  readonly #queue = new Queue();
  #inFlight = 0;

  constructor(connection: EtcdConnection, keys: Keys, operationsMax: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#operationsMax = operationsMax;
  }

  append(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason);
    if (events.length === 0) return Promise.resolve();
    if (this.#queue.length + events.length > queuedEventsMax) {
      return Promise.reject(
        new UnavailableError(`${this.#queue.length} events wait to be written, at most ${queuedEventsMax} may`),
      );
    }
    return this.#allKnown(events, signal).then(
      () =>
        new Promise((resolve, reject) => {
          const append: Append = { signal, resolve, reject, waiting: events.length, state: 'open' };
          for (const event of events) {
            const key = this.#keys.event(event.detectorId, event.referenceTimeMs, event);
            this.#queue.push({ key, event, append });
          }
          this.#pump();
        }),
    );
  }

  /** Everything that waits is refused. */
  close(): void {
    this.#closed.abort(new UnavailableError('the repository is closed'));
    for (let item = this.#queue.peek(); item !== undefined; item = this.#queue.peek()) {
      const { append } = item;
      settle(append, () => append.reject(this.#closed.signal.reason));
      this.#queue.drop();
    }
  }

  /** An append of more than one transaction is looked at as a whole first, so that none of it is stored in vain. */
  async #allKnown(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void> {
    if (events.length < this.#operationsMax) return;
    await this.#unknownAmong(new Set(events.map(({ detectorId }) => detectorId)), signal).then((unknown) => {
      for (const detectorId of unknown) throw unknownDetector(detectorId);
    });
  }

  async #unknownAmong(detectorIds: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const unknown = new Set<string>();
    for (const detectorId of detectorIds) {
      if ((await this.#connection.get(this.#keys.registry(detectorId), signal)) === undefined) unknown.add(detectorId);
    }
    return unknown;
  }

  #pump(): void {
    // A turn later, so that appends of this turn share a transaction.
    setImmediate(() => {
      while (this.#inFlight < transactionsInFlight && this.#queue.length > 0) {
        const items = this.#take();
        if (items.size === 0) continue;
        this.#inFlight++;
        void this.#store(items).finally(() => {
          this.#inFlight--;
          if (this.#queue.length > 0) this.#pump();
        });
      }
    });
  }

  /** The events of the next transaction by key, with all who wait for them; as many as it may put. */
  #take(): Map<string, Item[]> {
    const items = new Map<string, Item[]>();
    for (let item = this.#queue.peek(); item !== undefined; item = this.#queue.peek()) {
      const { key, append } = item;
      if (items.size === this.#operationsMax) break;
      this.#queue.drop();
      if (append.state === 'settled') continue;
      if (append.signal.aborted) {
        settle(append, () => append.reject(append.signal.reason));
        continue;
      }
      const same = items.get(key);
      if (same === undefined) items.set(key, [item]);
      else same.push(item);
    }
    return items;
  }

  async #store(items: Map<string, Item[]>): Promise<void> {
    try {
      while (items.size > 0 && !(await this.#transact(items))) await this.#removeUnknown(items);
      for (const waiting of items.values()) for (const item of waiting) stored(item);
    } catch (error) {
      for (const waiting of items.values())
        for (const { append } of waiting) settle(append, () => append.reject(error));
    }
  }

  async #transact(items: ReadonlyMap<string, readonly Item[]>): Promise<boolean> {
    const detectorIds = new Set<string>();
    const success: IRequestOp[] = [];
    for (const [key, [item]] of items) {
      if (item === undefined) continue;
      detectorIds.add(item.event.detectorId);
      success.push(put(key, eventToValue(item.event)));
    }
    const compare = [...detectorIds].map((detectorId): ICompare => exists(this.#keys.registry(detectorId)));
    const { succeeded } = await this.#connection.transact({ compare, success }, this.#closed.signal);
    return succeeded;
  }

  /** A detector is unknown: refuses all appends with events of such, and leaves the rest to be tried again. */
  async #removeUnknown(items: Map<string, Item[]>): Promise<void> {
    const detectorIds = new Set([...items.values()].flat().map(({ event }) => event.detectorId));
    const unknown = await this.#unknownAmong(detectorIds, this.#closed.signal);
    for (const { event, append } of [...items.values()].flat()) {
      if (unknown.has(event.detectorId)) settle(append, () => append.reject(unknownDetector(event.detectorId)));
    }
    // Of a refused append nothing is stored any more.
    for (const [key, waiting] of items) {
      if (waiting.every(({ append }) => append.state === 'settled')) items.delete(key);
    }
  }
}

function stored({ append }: Item): void {
  append.waiting--;
  if (append.waiting === 0) settle(append, append.resolve);
}

function settle(append: Append, how: () => void): void {
  if (append.state === 'settled') return;
  append.state = 'settled';
  how();
}

const unknownDetector = (detectorId: string): PreconditionError =>
  new PreconditionError(`detector ${detectorId} is not in the network`, { field: 'detector_id' });
