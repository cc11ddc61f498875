import type { System } from '../system.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { scannersThatNeed } from './scanner-needs.ts';

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
    const wishing = scannersThatNeed(scanners, ({ wishes = [] }) => wishes.includes(name));
    return capabilityFinding({ name, needing, wishing, isRoot }, (of) => (sets[of] & (1n << bit)) !== 0n);
  });
}

interface Asked {
  readonly name: string;
  /** Scanners that do nothing without it. */
  readonly needing: readonly string[];
  /** Scanners that do less without it. */
  readonly wishing: readonly string[];
  readonly isRoot: boolean;
}

function capabilityFinding(asked: Asked, has: (set: 'permitted' | 'effective' | 'ambient') => boolean): Finding {
  const { name, needing, wishing, isRoot } = asked;
  const why = whyOf(asked);
  const isAsked = needing.length + wishing.length > 0;
  const unit = `AmbientCapabilities=${name} in its systemd unit`;
  if (has('effective')) {
    const found = `${name} is there${isRoot ? ', as for every program of root' : ''}; ${why}`;
    if (isRoot || has('ambient') || !isAsked) return ok(check, found);
    const lacking = `${name} is there, but not for the programs that a scanner starts; ${why}`;
    return warning(check, lacking, `run the agent with ${unit}`);
  }
  const found = `${name} is ${has('permitted') ? 'permitted but not in effect' : 'not there'}; ${why}`;
  const advice = `run the agent with ${unit}, or look again as the user that it runs as`;
  if (needing.length > 0) return problem(check, found, advice);
  return wishing.length > 0 ? warning(check, found, advice) : ok(check, found);
}

function whyOf({ needing, wishing }: Asked): string {
  const needed = needing.length === 0 ? [] : [`needed by ${needing.join(', ')}`];
  const wished = wishing.length === 0 ? [] : [`${wishing.join(', ')} can power an adapter up with it`];
  return [...needed, ...wished].join('; ') || 'no configured scanner needs it';
}
