import type { Clock } from './clock.ts';

/** A clock for tests that stands still until it is told to move on, or to step. */
export class ManualClock implements Clock {
  #nowMs: number;
  #steppedMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#steppedMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** How many wait now. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    const sleeper = { untilMs: this.#nowMs + ms, wake: resolve };
    this.#sleepers.push(sleeper);
    signal.addEventListener(
      'abort',
      () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      },
      { once: true },
    );
    return promise;
  }

  /** Somebody sets the clock: no time passes by that. */
  step(ms: number): void {
    this.#steppedMs += ms;
  }

  /** Moves on, waking those whose time has come, and lets them act. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#nowMs);
    for (const { wake } of due) wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
