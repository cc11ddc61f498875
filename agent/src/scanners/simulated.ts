import type { Clock } from '@tdc/shared/clock.ts';
import type { Observation, Scanner } from '../scanner.ts';
import { type Hearing, hearingOf } from '../simulation/detector-hearing.ts';
import type { Road } from '../simulation/road.ts';

export interface SimulatedOptions {
  readonly road: Road;
  readonly detectorId: string;
  /** Where to begin: in the past, that comes as fast as it is taken. Now, unless given. */
  readonly fromMs?: number;
  /** Where to end; never, unless given. */
  readonly toMs?: number;
  readonly clock: Clock;
}

/** Of time that is past. */
const windowMsMax = 30_000;
/** In step with the clock. */
const stepMs = 500;
/** A clock that is behind by more than this was set back. */
const setBackMsMin = 5000;

/** Scanner that hears made-up traffic, in step with the wall clock. */
export class SimulatedScanner implements Scanner {
  readonly name = 'simulated';
  readonly malformed = 0;
  readonly lastMalformed = '';
  readonly #options: SimulatedOptions;
  readonly #hear: Hearing;
  /** Everything before is told. */
  #nextMs: number | undefined;

  /** Throws InvalidInputError for a detector that is not on the road. */
  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.#hear = hearingOf(options.road, options.detectorId);
    this.#nextMs = options.fromMs === undefined ? undefined : Math.floor(options.fromMs);
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const { clock, toMs = Number.POSITIVE_INFINITY } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const nowMs = Math.floor(clock.nowMs());
      const nextMs = this.#nextMs ?? nowMs;
      this.#nextMs = nextMs > nowMs + setBackMsMin ? nowMs : nextMs;
      const endMs = Math.min(nowMs, Math.ceil(toMs), this.#nextMs + windowMsMax);
      if (endMs > this.#nextMs) {
        const sightings = this.#hear(this.#nextMs, endMs);
        this.#nextMs = endMs;
        yield { sightings, watermarkMs: endMs };
      } else {
        yield { sightings: [], watermarkMs: this.#nextMs };
      }
      if (this.#nextMs >= toMs) return;
      if (this.#nextMs >= nowMs) await clock.sleep(stepMs, signal);
    }
  }
}
