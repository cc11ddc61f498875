import { clockState, synchronisedFile } from '../clock-state.ts';
import type { System } from '../system.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'clock';

/** No version of the agent is older: a clock before this time has never been set. */
const builtMs = Date.UTC(2026, 0, 1);

/** Whether the clock is synchronised, as the running agent would find it. */
export function checkClock(
  system: System,
  { nowMs, trust }: { readonly nowMs: number; readonly trust: boolean },
): readonly Finding[] {
  const now = new Date(nowMs).toISOString();
  if (nowMs < builtMs) {
    return [
      problem(
        check,
        `it is said to be ${now}: the clock was never set`,
        'let systemd-timesyncd reach a time server; see "timedatectl status"',
      ),
    ];
  }
  switch (clockState({ trust, file: system.path(synchronisedFile) })) {
    case 'synchronised':
      return [ok(check, `synchronised since the boot, now ${now}`)];
    case 'trusted':
      return [ok(check, `trusted by clock.trust and not checked, now ${now}`)];
    default:
      return [
        warning(
          check,
          `not known to be synchronised, now ${now}: events of now are kept and never matched`,
          'let systemd-timesyncd reach a time server ("timedatectl status"); with another time service set clock.trust',
        ),
      ];
  }
}
