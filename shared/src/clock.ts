import { setTimeout as wait } from 'node:timers/promises';

/** The time, and waiting for it. Tests give one of their own. */
export interface Clock {
  /** Unix milliseconds. May step. */
  nowMs(): number;
  /** Milliseconds from some fixed moment. Never steps. That of the system is the same in all processes until the machine is booted again. */
  monotonicMs(): number;
  /** Resolves after the time, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
