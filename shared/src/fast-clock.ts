import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** A clock for tests on which time runs by itself, so many times as fast as it does. */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #startMs: number;
  readonly #realStartMs = performance.now();

  constructor(startMs: number, speed: number) {
    this.#startMs = startMs;
    this.#speed = speed;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.monotonicMs());
  }

  monotonicMs(): number {
    return (performance.now() - this.#realStartMs) * this.#speed;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await wait(ms / this.#speed, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }
}
