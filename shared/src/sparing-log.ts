import type { Clock } from './clock.ts';

/**
 * Decides what of a flood is told: the first, and after each interval one more with how many were not told since. Who floods
 * does not fill the log.
 */
export class SparingLog {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #intervalMs: number;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Calls `write`, with how many were passed over since it was last called; or passes over this one. */
  tell(write: (untold: number) => void): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldAtMs < this.#intervalMs) {
      this.#untold += 1;
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    this.#toldAtMs = nowMs;
    write(untold);
  }
}
