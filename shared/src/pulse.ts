import type { Clock } from './clock.ts';

/** A loop this late does not come any more: no disk and no network that still works takes so long. */
export const hangsAfterMs = 60_000;

/**
 * By when a loop will have moved on, as it says itself. A timer only shows that the event loop turns; a pulse that is late shows that a
 * promise was lost, or waits for something that never comes.
 */
export class Pulse {
  /** What moves, in words. */
  readonly name: string;
  readonly #clock: Clock;
  #dueAtMs: number | undefined;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  /** It has moved, and does so again within this. */
  beat(nextWithinMs = 0): void {
    this.#dueAtMs = this.#clock.monotonicMs() + nextWithinMs;
  }

  /** It has nothing to do, for as long as that may be. */
  rest(): void {
    this.#dueAtMs = undefined;
  }

  get hangs(): boolean {
    return this.#dueAtMs !== undefined && this.#clock.monotonicMs() - this.#dueAtMs > hangsAfterMs;
  }
}

/** Names of those that hang, separated by commas; undefined while everything moves. */
export function hangingOf(pulses: readonly Pulse[]): string | undefined {
  const hanging = pulses.filter((pulse) => pulse.hangs).map(({ name }) => name);
  return hanging.length === 0 ? undefined : hanging.join(', ');
}
