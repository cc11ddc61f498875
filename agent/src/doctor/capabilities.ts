import { type Finding, ok, problem, warning } from './finding.ts';
import { scannersThatNeed } from './scanner-needs.ts';
import type { System } from './system.ts';

const check = 'capabilities';

/** Bits of the capability sets: linux/capability.h. */
const bits = new Map([
  ['CAP_NET_ADMIN', 12n],
  ['CAP_NET_RAW', 13n],
]);

/**
 * What this process may do, beside what the configured scanners need: /proc/self/status, proc(5). A program that the agent starts gets no more than
 * the ambient set, unless root runs it.
 */
export function checkCapabilities(system: System, scanners: readonly string[]): readonly Finding[] {
  const status = system.text('/proc/self/status');
  if (status === undefined) {
    return [warning(check, '/proc/self/status cannot be read', 'mount /proc, or look again outside of the sandbox')];
  }
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '0';
  const set = (name: string) => BigInt(`0x${field(name)}`);
  const sets = { permitted: set('CapPrm'), effective: set('CapEff'), ambient: set('CapAmb') };
  const isRoot = field('Uid') === '0';
  return [...bits].map(([name, bit]) => {
    const needing = scannersThatNeed(scanners, ({ capabilities }) => capabilities.includes(name));
    return capabilityFinding({ name, needing, isRoot }, (of) => (sets[of] & (1n << bit)) !== 0n);
  });
}

function capabilityFinding(
  { name, needing, isRoot }: { readonly name: string; readonly needing: readonly string[]; readonly isRoot: boolean },
  has: (set: 'permitted' | 'effective' | 'ambient') => boolean,
): Finding {
  const why = needing.length === 0 ? 'no configured scanner needs it' : `needed by ${needing.join(', ')}`;
  const unit = `AmbientCapabilities=${name} in its systemd unit`;
  if (has('effective')) {
    const isHandedOn = isRoot || has('ambient');
    const found = `${name} is there${isRoot ? ', as for every program of root' : ''}; ${why}`;
    if (isHandedOn || needing.length === 0) return ok(check, found);
    return warning(
      check,
      `${name} is there, but not for the programs that a scanner starts; ${why}`,
      `run the agent with ${unit}`,
    );
  }
  if (needing.length === 0) return ok(check, `${name} is not there; ${why}`);
  const found = has('permitted') ? `${name} is permitted but not in effect; ${why}` : `${name} is not there; ${why}`;
  return problem(check, found, `run the agent with ${unit}, or look again as the user that it runs as`);
}
