/** What the agent knows of its clock; `trusted`: the operator has declared it good without a check. */
export type ClockState = 'synchronised' | 'unsynchronised' | 'trusted';

/** No version of the agent is older: a clock before this time has never been set. */
export const neverSetBeforeMs = Date.UTC(2026, 0, 1);
