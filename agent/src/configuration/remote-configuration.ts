/** A configuration by letter, as its author has signed it. */
export interface SignedConfiguration {
  /** Of its letter. */
  readonly sequence: number;
  readonly text: string;
}

/** One that is not in force, and why. */
export interface Refusal {
  /** 0 of what is no letter of the author. */
  readonly sequence: number;
  /** `refused`: never tried. `rolled-back`: tried in vain. */
  readonly refusal: 'refused' | 'rolled-back';
  readonly reason: string;
  readonly atMs: number;
}

interface Dealings {
  /** Of the last letter that was dealt with, in whatever way: none up to it is ever taken again. */
  readonly sequence: number;
  /** The last that is not in force, unless a later one has proved itself since. */
  readonly refused?: Refusal;
}

/** What a box has of configurations by letter. It is on disk before anything follows from it, so that a power cut finds the one or the other. */
export type RemoteConfiguration =
  /** In force is one that has proved itself, or none. */
  | (Dealings & { readonly type: 'settled'; readonly current?: SignedConfiguration })
  /** In force is one that has not proved itself yet; `before` is what comes again when it does not. */
  | (Dealings & {
      readonly type: 'probation';
      readonly candidate: SignedConfiguration;
      /** How often it was begun with. */
      readonly starts: number;
      readonly before?: SignedConfiguration;
    });

/** How often a configuration is begun with, that never gets as far as to prove itself or to fail: power cuts, or an agent that dies of it. */
export const startsMax = 3;

export const nothingRemote: RemoteConfiguration = { type: 'settled', sequence: 0 };

export const inForce = (state: RemoteConfiguration): SignedConfiguration | undefined =>
  state.type === 'probation' ? state.candidate : state.current;

/** The last that has proved itself. */
const proved = (state: RemoteConfiguration): SignedConfiguration | undefined =>
  state.type === 'probation' ? state.before : state.current;

/** A later one has come, and is to be tried. */
export function offered(state: RemoteConfiguration, candidate: SignedConfiguration): RemoteConfiguration {
  const before = proved(state);
  return {
    type: 'probation',
    ...dealings({ ...state, sequence: candidate.sequence }),
    candidate,
    starts: 0,
    ...(before && { before }),
  };
}

/** A later one has come, and is no good. */
export function refused(state: RemoteConfiguration, refusal: Refusal): RemoteConfiguration {
  return { ...state, sequence: Math.max(state.sequence, refusal.sequence), refused: refusal };
}

/** The agent begins. */
export function started(state: RemoteConfiguration, nowMs: number): RemoteConfiguration {
  if (state.type === 'settled') return state;
  if (state.starts < startsMax) return { ...state, starts: state.starts + 1 };
  return rolledBack(state, `it was begun with ${startsMax} times, and proved itself in none`, nowMs);
}

/** The collector has acknowledged what was sent under it. */
export function confirmed(state: RemoteConfiguration): RemoteConfiguration {
  if (state.type === 'settled') return state;
  const { candidate, sequence, refused } = state;
  const later = refused !== undefined && refused.sequence > candidate.sequence ? { refused } : {};
  return { type: 'settled', sequence, current: candidate, ...later };
}

/** It has not proved itself, and is never tried again. */
export function rolledBack(state: RemoteConfiguration, reason: string, atMs: number): RemoteConfiguration {
  if (state.type === 'settled') return state;
  const { candidate, before, sequence } = state;
  const refused: Refusal = { sequence: candidate.sequence, refusal: 'rolled-back', reason, atMs };
  return { type: 'settled', sequence, refused, ...(before && { current: before }) };
}

const dealings = ({ sequence, refused }: Dealings): Dealings => ({ sequence, ...(refused && { refused }) });
