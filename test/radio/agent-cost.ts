import type { VirtualMachine } from './virtual-machine.ts';

/** What an agent takes of its machine. */
export interface AgentCost {
  /** Of each process: its own, and its share of what they have in common (PSS). */
  readonly memoryMb: readonly number[];
  /** Of all processes together, from when they started. */
  readonly processorMs: number;
}

/** The kernel counts processor time in hundredths of a second (sysconf(_SC_CLK_TCK)). */
const tickMs = 10;

/** What the processes of this group take. */
export async function agentCost(machine: VirtualMachine, group: number): Promise<AgentCost> {
  const text = await machine.shell(
    `for pid in $(pgrep -g ${group}); do sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/$pid/smaps_rollup; sed 's/.*) //' /proc/$pid/stat; done`,
  );
  const lines = text.trim().split('\n');
  const memoryMb = lines.filter((_, index) => index % 2 === 0).map((kb) => Number(kb) / 1000);
  const ticks = lines.filter((_, index) => index % 2 === 1).map(processorTicks);
  return { memoryMb, processorMs: tickMs * ticks.reduce((sum, each) => sum + each, 0) };
}

/** In user and kernel mode: fields 14 and 15 of proc(5), of which the first two are cut off. */
function processorTicks(stat: string): number {
  const fields = stat.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
