import type { Clock } from '@tdc/shared/clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** What may come at once after a pause. */
  readonly burst: number;
}

/** Keys remembered; who has not come for longest is forgotten first, and has a full allowance again. */
const keysMax = 10_000;

/** What the arithmetic may be off by. */
const roundingMs = 1e-6;

interface Allowance {
  left: number;
  atMs: number;
}

/** An allowance for each key, which fills up at a rate: a bounded table of token buckets. */
export class RateTable {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** By when they were last asked for. */
  readonly #allowances = new Map<string, Allowance>();

  constructor(rate: Rate, clock: Pick<Clock, 'monotonicMs'>) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes an amount, at most the burst, if it is there: 0; else takes nothing: milliseconds until it is. */
  take(key: string, amount = 1): number {
    return this.borrow(key, amount, 0);
  }

  /** Takes an amount that is there within a time: milliseconds until it is. Takes nothing when that is longer. */
  borrow(key: string, amount: number, waitMsMax: number): number {
    const allowance = this.#allowanceOf(key);
    const waitMs = this.#waitMs(allowance.left - amount);
    if (waitMs <= waitMsMax) allowance.left -= amount;
    return waitMs;
  }

  /** Milliseconds until there is 1 to take; 0 if there is now. */
  waitMs(key: string): number {
    return this.#waitMs(this.#allowanceOf(key).left - 1);
  }

  #waitMs(left: number): number {
    return Math.max(0, Math.ceil((-left / this.#rate.perSecond) * 1000 - roundingMs));
  }

  #allowanceOf(key: string): Allowance {
    const { perSecond, burst } = this.#rate;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#allowances.get(key);
    const left = known === undefined ? burst : known.left + ((nowMs - known.atMs) / 1000) * perSecond;
    const allowance = { left: Math.min(burst, left), atMs: nowMs };
    this.#allowances.delete(key);
    this.#allowances.set(key, allowance);
    for (const oldest of this.#allowances.keys()) {
      if (this.#allowances.size <= keysMax) break;
      this.#allowances.delete(oldest);
    }
    return allowance;
  }
}
