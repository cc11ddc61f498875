import type { Clock } from '@tdc/shared/clock.ts';

/**
 * A clock that never steps: where the system's stood when this one was made, carried on by the monotonic clock. Sightings, passages and
 * whatever orders them live by it, so that a clock that is set does them no harm; what its times mean is said by `ClockWatch`.
 */
export interface SteadyClock extends Clock {
  /** What the system's clock says now, which may have stepped since: for times that other programs give. */
  systemMs(): number;
  /** The time of this clock, whole milliseconds, at a moment of the monotonic clock: for what other processes have measured by that. */
  at(monotonicMs: number): number;
}

export function steadyClock(clock: Clock): SteadyClock {
  const startMs = Math.round(clock.nowMs() - clock.monotonicMs());
  const at = (monotonicMs: number) => startMs + Math.floor(monotonicMs);
  return {
    nowMs: () => at(clock.monotonicMs()),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    systemMs: () => clock.nowMs(),
    at,
  };
}
