import { existsSync } from 'node:fs';
import type { ClockQuality } from '@tdc/shared/event.ts';

/** What the agent knows of its clock; `trusted`: the operator has declared it good without a check. */
export type ClockState = 'synchronised' | 'unsynchronised' | 'trusted';

/** systemd-timesyncd makes this file when it has set the clock, and a boot begins without it. */
export const synchronisedFile = '/run/systemd/timesync/synchronized';

export interface ClockStateOptions {
  readonly trust: boolean;
  readonly file?: string;
}

export function clockState({ trust, file = synchronisedFile }: ClockStateOptions): ClockState {
  if (trust) return 'trusted';
  return existsSync(file) ? 'synchronised' : 'unsynchronised';
}

/** What events say whose times were read from a clock in this state. */
export const clockQualityOf = (state: ClockState): ClockQuality =>
  state === 'unsynchronised' ? 'unsynchronised' : 'synchronised';
