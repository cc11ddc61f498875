import { neverSetBeforeMs } from '../clock-state.ts';
import { synchronisedBy } from '../synchronisation.ts';
import type { System } from '../system.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'clock';

/** Whether the clock is synchronised, as the running agent would find it. */
export async function checkClock(
  system: System,
  { nowMs, trust }: { readonly nowMs: number; readonly trust: boolean },
): Promise<readonly Finding[]> {
  const now = new Date(nowMs).toISOString();
  if (nowMs < neverSetBeforeMs) {
    return [
      problem(
        check,
        `it is said to be ${now}: the clock was never set`,
        'let it reach a time server; see "timedatectl status"',
      ),
    ];
  }
  if (trust) return [ok(check, `trusted by clock.trust and not checked, now ${now}`)];
  const by = await synchronisedBy(system);
  if (by !== undefined) return [ok(check, `synchronised, as ${by} says, now ${now}`)];
  return [
    warning(
      check,
      `not known to be synchronised, now ${now}: events of now wait for that, and are never matched if it does not come`,
      'let it reach a time server ("timedatectl status", "chronyc tracking"); set clock.trust where nothing here can tell, as in a container',
    ),
  ];
}
