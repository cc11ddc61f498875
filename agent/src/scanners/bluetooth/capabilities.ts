import { readFileSync } from 'node:fs';

/** Bits of the kernel's capability sets, from linux/capability.h. */
const bits = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;
export type Capability = keyof typeof bits;

/** Whether the effective set of /proc/PID/status has it. */
export function hasCapability(status: string, capability: Capability): boolean {
  const [, set] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return set !== undefined && (BigInt(`0x${set}`) >> BigInt(bits[capability])) % 2n === 1n;
}

export const mayI = (capability: Capability): boolean =>
  hasCapability(readFileSync('/proc/self/status', 'utf8'), capability);
