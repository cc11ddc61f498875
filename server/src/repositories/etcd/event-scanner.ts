import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventIdTimeMs } from '@tdc/shared/event-id.ts';
import { bucketSeconds, type EventPosition, type EventScan, type EventScanResult } from '../../repository.ts';
import { consistencyOf, type EtcdConnection, type Pair } from './connection.ts';
import { eventOfPair } from './event-value.ts';
import { behind, type KeyRange, type Keys } from './keys.ts';

/** Events that one scan looks at when it filters, so that a rare device cannot hold up everything else. */
const examinedMax = 2000;
/** Events that one read of a window of buckets may bring before the window is made smaller. */
const windowEventsMax = 4000;
const bucketMs = bucketSeconds * 1000;
/** Nothing is expected later than this from now. */
const aheadMs = 3_600_000;

interface Slice {
  /** In the order of the scan. */
  readonly pairs: readonly Pair[];
  /** Whether there is more behind them. */
  readonly more: boolean;
}

/** Reads one detector's events in the order of their keys. */
export class EventScanner {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;
  readonly #nowMs: () => number;

  constructor(options: {
    readonly connection: EtcdConnection;
    readonly keys: Keys;
    readonly nowMs: () => number;
  }) {
    this.#connection = options.connection;
    this.#keys = options.keys;
    this.#nowMs = options.nowMs;
  }

  async scan(scan: EventScan, signal: AbortSignal): Promise<EventScanResult> {
    const { kinds, deviceClasses = [], deviceId } = scan;
    const filters = kinds.length > 0 || deviceClasses.length > 0 || deviceId !== undefined;
    const wanted = filters ? examinedMax : scan.limit + 1;
    const slice =
      scan.order === 'oldest-first'
        ? await this.#oldest(scan, wanted, signal)
        : await this.#newest(scan, wanted, signal);
    const events: DetectionEvent[] = [];
    let examined: EventPosition | undefined;
    for (const { key, value } of slice.pairs) {
      const event = eventOfPair(this.#keys, key, value);
      if (event === undefined) continue;
      if (passes(scan, event)) {
        const last = events.at(-1);
        if (events.length === scan.limit && last !== undefined) return { events, next: positionOf(last) };
        events.push(event);
      }
      examined = positionOf(event);
    }
    return slice.more && examined !== undefined ? { events, next: examined } : { events };
  }

  async #oldest(scan: EventScan, wanted: number, signal: AbortSignal): Promise<Slice> {
    const { detectorId, fromMs, toMs, after } = scan;
    const low = this.#keys.eventBound(detectorId, fromMs);
    const begin = after === undefined ? low : later(low, behind(this.#keyOf(detectorId, after)));
    const to = this.#keys.eventBound(detectorId, toMs);
    if (begin >= to) return { pairs: [], more: false };
    return this.#read(scan, { from: begin, to }, wanted, signal);
  }

  /**
   * etcd reads forwards, and sorts otherwise only what it has read as a whole. So the newest are looked for in windows of buckets
   * from the end backwards, which grow while they hold little and shrink when they hold too much.
   */
  async #newest(scan: EventScan, wanted: number, signal: AbortSignal): Promise<Slice> {
    const { detectorId, fromMs, toMs, after } = scan;
    const low = this.#keys.eventBound(detectorId, fromMs);
    const found: Pair[] = [];
    let endMs = Math.min(toMs, after === undefined ? toMs : timeOf(after) + 1);
    let end = this.#keys.eventBound(detectorId, endMs);
    if (after !== undefined) end = earlier(end, this.#keyOf(detectorId, after));
    let windowMs = Math.max(bucketMs, endMs - (this.#nowMs() + aheadMs));
    while (end > low && found.length < wanted) {
      const beginMs = Math.max(fromMs, Math.floor((endMs - windowMs) / bucketMs) * bucketMs);
      const begin = later(low, this.#keys.bucketBound(detectorId, beginMs));
      const window = await this.#read(scan, { from: begin, to: end }, windowEventsMax, signal);
      if (window.more && windowMs > bucketMs) {
        windowMs = Math.max(bucketMs, Math.floor(windowMs / 16));
        continue;
      }
      const pairs = window.more
        ? await this.#lastOf(scan, { from: begin, to: end }, wanted - found.length, signal)
        : window.pairs;
      found.push(...pairs.toReversed());
      end = begin;
      endMs = beginMs;
      if (pairs.length < wanted / 4) windowMs *= 4;
    }
    return { pairs: found.slice(0, wanted), more: end > low || found.length > wanted };
  }

  /** The last of a bucket that holds more than a window may. */
  async #lastOf(scan: EventScan, range: KeyRange, wanted: number, signal: AbortSignal): Promise<readonly Pair[]> {
    let kept: readonly Pair[] = [];
    let { from } = range;
    for (;;) {
      const { pairs, more } = await this.#read(scan, { ...range, from }, windowEventsMax, signal);
      kept = [...kept, ...pairs].slice(-wanted);
      const last = pairs.at(-1);
      if (!more || last === undefined) return kept;
      from = behind(last.key);
    }
  }

  #read({ reads }: EventScan, range: KeyRange, limit: number, signal: AbortSignal): Promise<Slice> {
    return this.#connection.range(range, { limit, consistency: consistencyOf(reads) }, signal);
  }

  #keyOf(detectorId: string, position: EventPosition): string {
    return this.#keys.event(detectorId, timeOf(position), position);
  }
}

const later = (a: string, b: string): string => (a > b ? a : b);
const earlier = (a: string, b: string): string => (a < b ? a : b);

/** The reference time is part of the id. */
const timeOf = ({ id }: EventPosition): number => eventIdTimeMs(id);

const positionOf = ({ id, deviceId }: DetectionEvent): EventPosition => ({ id, deviceId });

function passes({ kinds, deviceClasses = [], deviceId }: EventScan, event: DetectionEvent): boolean {
  if (kinds.length > 0 && !kinds.includes(event.kind)) return false;
  if (deviceClasses.length > 0 && !deviceClasses.some((each) => each === event.deviceClass)) return false;
  return deviceId === undefined || event.deviceId === deviceId || event.previousDeviceId === deviceId;
}
