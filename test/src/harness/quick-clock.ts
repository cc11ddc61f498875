import { faketimeLibrary } from './faketime-library.ts';

/** A time that goes faster than that of the machine, the same to a second in all programs that run by it. */
export class QuickClock {
  readonly #beganMs = Date.now();
  readonly #fromMs: number;
  readonly #factor: number;

  constructor(fromMs: number, factor: number) {
    this.#fromMs = fromMs;
    this.#factor = factor;
  }

  nowMs(): number {
    return this.#fromMs + (Date.now() - this.#beganMs) * this.#factor;
  }

  /**
   * What stands before a program that is started now. With `steady` timers it waits as long as ever: for slow clients above all, who are no quicker
   * than this machine.
   */
  command(timers: 'quick' | 'steady'): readonly string[] {
    const now = new Date(this.nowMs()).toISOString().replace('T', ' ').slice(0, 19);
    const time = `FAKETIME=@${now} x${this.#factor}`;
    const steady = timers === 'steady' ? ['FAKETIME_DONT_FAKE_MONOTONIC=1'] : [];
    return ['env', `LD_PRELOAD=${faketimeLibrary()}`, time, ...steady, 'TZ=UTC', 'NO_FAKE_STAT=1'];
  }
}
