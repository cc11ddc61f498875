import { readFileSync } from 'node:fs';

/** Bits of the kernel's capability sets, from linux/capability.h. */
const bits = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;
export type Capability = keyof typeof bits;

/** Whether a set of /proc/PID/status has it: the effective one, for the process itself, or the ambient one, for the programs that it starts. */
export function hasCapability(status: string, capability: Capability, set: 'CapEff' | 'CapAmb' = 'CapEff'): boolean {
  const [, value] = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status) ?? [];
  return value !== undefined && (BigInt(`0x${value}`) >> BigInt(bits[capability])) % 2n === 1n;
}

/** Whether the programs that a process starts have it: root's do when it has it itself. */
export const programsHaveCapability = (status: string, capability: Capability): boolean =>
  hasCapability(status, capability, 'CapAmb') ||
  (/^Uid:\s*\d+\s+0\s/m.test(status) && hasCapability(status, capability));

export const mayI = (capability: Capability): boolean =>
  hasCapability(readFileSync('/proc/self/status', 'utf8'), capability);
