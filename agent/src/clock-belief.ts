import type { ClockState } from './clock-state.ts';

/** What the agent takes for the time. A value: every look at the clock gives a new one, or the same. */
export interface ClockBelief {
  readonly state: ClockState;
  /** Unix milliseconds are those of the monotonic clock and these, as whole ones. */
  readonly offsetMs: number;
  /** Since when, by the monotonic clock, this has been the time: what was heard before was heard by another. */
  readonly sinceMs: number;
  /** The last time that the clock was set. */
  readonly step: ClockStep | undefined;
}

export interface ClockStep {
  readonly stepMs: number;
  /** When it was believed, by the monotonic clock. */
  readonly atMonotonicMs: number;
}

/** The system's clock at one moment. */
export interface ClockLook {
  readonly monotonicMs: number;
  /** The system's time less the monotonic one. */
  readonly offsetMs: number;
  /** Whether the system says that its clock is synchronised; after a step, whether it has said so since. */
  readonly vouched: boolean;
}

/** Time servers set the clock by steps from about this on, and below by its rate, which the monotonic clock follows. */
export const stepMsMin = 500;

/** The two clocks are not read at the same moment. */
const jitterMsMax = 20;

export const firstBelief = ({ offsetMs, monotonicMs }: ClockLook, isTrusted: boolean): ClockBelief => ({
  state: isTrusted ? 'trusted' : 'unsynchronised',
  offsetMs: Math.round(offsetMs),
  sinceMs: monotonicMs,
  step: undefined,
});

/** Whether the system's clock has left the time that is believed. */
export const hasStepped = (belief: ClockBelief, { offsetMs }: Pick<ClockLook, 'offsetMs'>): boolean =>
  Math.abs(offsetMs - belief.offsetMs) >= stepMsMin;

/** Whether the times of before have another meaning now. */
export const isNewTime = (before: ClockBelief, now: ClockBelief): boolean =>
  now.state !== before.state || now.step !== before.step;

/**
 * What to believe after a look. A clock that is not synchronised is followed wherever it goes. From the moment that the system vouches for
 * it, its time goes on by the monotonic clock, whatever is done to the system's, until the system vouches for another: who sets a
 * synchronised clock by hand is not believed, and a time server that does so is.
 */
export function believe(belief: ClockBelief, look: ClockLook): ClockBelief {
  const { monotonicMs, vouched } = look;
  const offsetMs = Math.round(look.offsetMs);
  const stepped = hasStepped(belief, look);
  if (belief.state === 'synchronised' && stepped && !vouched) return belief;
  const state = belief.state === 'unsynchronised' && vouched ? 'synchronised' : belief.state;
  if (state === belief.state && Math.abs(offsetMs - belief.offsetMs) < jitterMsMax) return belief;
  return {
    state,
    offsetMs,
    sinceMs: stepped || state !== belief.state ? monotonicMs : belief.sinceMs,
    step: stepped ? { stepMs: offsetMs - belief.offsetMs, atMonotonicMs: monotonicMs } : belief.step,
  };
}
