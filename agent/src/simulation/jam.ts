import { randomOf } from './random.ts';
import type { Street, StreetMap } from './street-map.ts';

/** The jam that comes back: on one street, once in every two hours of the clock. */
export interface Jam {
  /** Undefined in a network without links. */
  readonly street: Street | undefined;
  /** By how much a street is slower at a time: 1 when it is free. */
  slowdown(street: Street, timeMs: number): number;
  /** How long it takes along a street, for who would need `freeMs` on a free one. */
  driveMs(street: Street, departMs: number, freeMs: number): number;
}

const minuteMs = 60_000;
export const jamPeriodMs = 120 * minuteMs;
/** From free to jammed, and back. */
const rampMs = 3 * minuteMs;
const stepMs = 5000;

export function jamOf(map: StreetMap, seed: number): Jam {
  const street = randomOf(seed, 'jam').pick(map.streets);
  const slowdown = (on: Street, timeMs: number): number => {
    if (on !== street) return 1;
    const { fromMs, toMs, factor } = episode(seed, Math.floor(timeMs / jamPeriodMs));
    const rise = Math.min(1, Math.max(0, Math.min(timeMs - fromMs, toMs - timeMs) / rampMs));
    return 1 + rise * (factor - 1);
  };
  return {
    street,
    slowdown,
    driveMs(on, departMs, freeMs) {
      if (on !== street) return freeMs;
      let drivenMs = 0;
      // In small steps, so that nobody overtakes those who came into the jam before.
      for (let restMs = freeMs; restMs > 0; ) {
        const factor = slowdown(on, departMs + drivenMs);
        const partMs = Math.min(stepMs, restMs * factor);
        drivenMs += partMs;
        restMs -= partMs / factor;
        if (restMs < 1e-6) break;
      }
      return drivenMs;
    },
  };
}

/** When a period's jam is, and how bad; it begins and ends within its period. */
export function episode(seed: number, period: number): { fromMs: number; toMs: number; factor: number } {
  const random = randomOf(seed, 'jam', period);
  const fromMs = period * jamPeriodMs + random.between(5, 90) * minuteMs;
  return { fromMs, toMs: fromMs + random.between(20, 25) * minuteMs, factor: random.between(3, 6) };
}
