import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@tdc/shared/clock.ts';

const tickMs = 2;
const heldMsMax = 10;

/**
 * A clock for tests on which time runs by itself, so many times as fast as it does; but it waits for a process that is kept from running, by
 * others on the machine or by its own work.
 */
export class PatientClock implements Clock, Disposable {
  readonly #startMs: number;
  readonly #speed: number;
  readonly #ticking = setInterval(() => this.#tick(), tickMs);
  #tickedAtMs = performance.now();
  #ranMs = 0;

  constructor(startMs: number, speed: number) {
    this.#startMs = startMs;
    this.#speed = speed;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.monotonicMs());
  }

  monotonicMs(): number {
    return this.#ranMs * this.#speed;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const untilMs = this.monotonicMs() + ms;
    do {
      signal.throwIfAborted();
      await wait(tickMs);
    } while (this.monotonicMs() < untilMs);
    signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticking);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#ranMs += Math.min(nowMs - this.#tickedAtMs, heldMsMax);
    this.#tickedAtMs = nowMs;
  }
}
