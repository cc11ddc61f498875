import { setTimeout as wait } from 'node:timers/promises';

/** The time, and waiting for it. Tests give one of their own. */
export interface Clock {
  /** Unix milliseconds. May step. */
  nowMs(): number;
  /** Milliseconds from some fixed moment. Never steps back. */
  monotonicMs(): number;
  /** Resolves after the time, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
