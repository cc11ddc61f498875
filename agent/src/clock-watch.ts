import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventIdMaker } from '@tdc/shared/event-id.ts';
import { believe, type ClockBelief, type ClockLook, firstBelief, hasStepped, isNewTime } from './clock-belief.ts';
import { type ClockState, neverSetBeforeMs } from './clock-state.ts';
import type { PassageEvent } from './passage.ts';
import type { SightingTimes } from './sighting-times.ts';
import type { SteadyClock } from './steady-clock.ts';
import type { Released, WaitingEntry, WaitingEvent } from './waiting-room.ts';

/** Port: who knows whether the system's clock is synchronised. */
export interface ClockVoucher {
  /** Until now the clock is as it should be: what was said of it does not count for what is done to it from now on. */
  note(): void;
  /** Whether the clock is synchronised, as somebody has said since the last note. Takes ten seconds at most. */
  vouches(): Promise<boolean>;
}

export interface ClockWatchOptions {
  readonly clock: SteadyClock;
  readonly voucher: ClockVoucher;
  /** The operator has declared the clock good. */
  readonly trust: boolean;
  /** Identity of this boot, in which the monotonic clock is one. */
  readonly bootId: string;
  /** For how long the monotonic clock alone is good enough to correct an event by. */
  readonly waitMsMax: number;
  /** The clock was synchronised or set, or was set by somebody who is not believed. */
  readonly onChange: (change: ClockChange) => void;
}

export type ClockChange =
  | { readonly type: 'believed'; readonly before: ClockBelief; readonly now: ClockBelief }
  | { readonly type: 'doubted'; readonly stepMs: number };

/** What the collector takes unless it is told otherwise; what it would refuse for good is not sent. */
const sentAgeMsMax = 31 * 86_400_000;
const sentAheadMsMax = 300_000;

/**
 * Knows what the times of the agent's clock mean: how they become Unix time, and how good that is. Looks at the system's clock when it is
 * told to, which should be every second.
 */
export class ClockWatch implements SightingTimes {
  readonly #options: ClockWatchOptions;
  readonly #eventId = eventIdMaker();
  #belief: ClockBelief;
  /** The offset of a step that was told as not believed. */
  #doubtedMs: number | undefined;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#belief = firstBelief({ ...this.#now(), vouched: false }, options.trust);
  }

  get state(): ClockState {
    return this.#belief.state;
  }

  get belief(): ClockBelief {
    return this.#belief;
  }

  unixMs(timeMs: number): number {
    return timeMs + this.#correctionMs();
  }

  /** Looks at the system's clock. */
  async look(): Promise<void> {
    const { voucher, onChange } = this.#options;
    const before = this.#belief;
    const isAsBelieved = before.state === 'synchronised' && !hasStepped(before, this.#now());
    if (isAsBelieved) voucher.note();
    const vouched = !isAsBelieved && before.state !== 'trusted' && (await voucher.vouches());
    const look = { ...this.#now(), vouched };
    this.#belief = believe(before, look);
    if (isNewTime(before, this.#belief)) onChange({ type: 'believed', before, now: this.#belief });
    this.#tellDoubt(look);
  }

  date(passage: PassageEvent): DetectionEvent | WaitingEvent {
    const { clock, bootId } = this.#options;
    const { state, offsetMs, sinceMs } = this.#belief;
    if (state === 'unsynchronised') return { bootId, passage: shifted(passage, -clock.at(0)), offsetMs };
    const isOfNow = passage.firstSeenMs >= clock.at(sinceMs);
    return this.#dated(shifted(passage, this.#correctionMs()), isOfNow ? 'synchronised' : 'corrected');
  }

  /** What becomes of an event that waits; undefined while it has to wait on. */
  release({ number, waiting }: WaitingEntry): Released | undefined {
    const { clock, bootId, waitMsMax } = this.#options;
    const { passage } = waiting;
    const asItStood = shifted(passage, waiting.offsetMs);
    if (waiting.bootId !== bootId) return { number, event: this.#unsynchronised(asItStood) };
    const hasWaitedLong = clock.monotonicMs() - passage.madeAtMs > waitMsMax;
    if (this.#belief.state === 'unsynchronised') {
      // What could not be sent goes on waiting: its time may still become known.
      const event = hasWaitedLong ? this.#unsynchronised(asItStood) : undefined;
      return event && { number, event };
    }
    const corrected = shifted(passage, this.#belief.offsetMs);
    return { number, event: this.#dated(corrected, hasWaitedLong ? 'unsynchronised' : 'corrected') };
  }

  #unsynchronised(passage: PassageEvent): DetectionEvent | undefined {
    const { referenceTimeMs } = passage;
    const nowMs = this.unixMs(this.#options.clock.nowMs());
    const canBeSent =
      referenceTimeMs >= Math.max(neverSetBeforeMs, nowMs - sentAgeMsMax) && referenceTimeMs <= nowMs + sentAheadMsMax;
    return canBeSent ? this.#dated(passage, 'unsynchronised') : undefined;
  }

  #dated(passage: PassageEvent, clockQuality: DetectionEvent['clockQuality']): DetectionEvent {
    return { id: this.#eventId(passage.referenceTimeMs), ...passage, clockQuality };
  }

  /** Told once for each step, and again when the clock was set to something else. */
  #tellDoubt(look: ClockLook): void {
    const { offsetMs } = this.#belief;
    if (!hasStepped(this.#belief, look)) {
      this.#doubtedMs = undefined;
    } else if (this.#doubtedMs === undefined || hasStepped({ ...this.#belief, offsetMs: this.#doubtedMs }, look)) {
      this.#doubtedMs = look.offsetMs;
      this.#options.onChange({ type: 'doubted', stepMs: Math.round(look.offsetMs - offsetMs) });
    }
  }

  #correctionMs(): number {
    return this.#belief.offsetMs - this.#options.clock.at(0);
  }

  #now(): Omit<ClockLook, 'vouched'> {
    const { clock } = this.#options;
    const monotonicMs = clock.monotonicMs();
    return { monotonicMs, offsetMs: clock.systemMs() - monotonicMs };
  }
}

const shifted = (passage: PassageEvent, byMs: number): PassageEvent => ({
  ...passage,
  firstSeenMs: passage.firstSeenMs + byMs,
  referenceTimeMs: passage.referenceTimeMs + byMs,
  lastSeenMs: passage.lastSeenMs + byMs,
  madeAtMs: passage.madeAtMs + byMs,
});
