import { fileURLToPath } from 'node:url';
import type { ImageRecipe } from '../radio/guest-image.ts';
import { type MachineOptions, VirtualMachine } from '../radio/virtual-machine.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A plain Debian with systemd, on a disk that keeps what is written to it. */
export const fieldRecipe: ImageRecipe = {
  name: 'field',
  folders: ['image', 'guest', '../radio/image', '../radio/guest', '../radio/guest/bluetooth'].map(folder) as [string],
  keepsSystem: true,
  tools: { node: ['taskset', '-c', '1', '/opt/tdc-control/node'], scripts: '/opt/tdc-control/radio/guest' },
};

export type FieldMachineOptions = Omit<MachineOptions, 'recipe'>;

/** Boots a machine as an installer finds it, with nothing of ours but what runs the test's commands; it reads the shared folder at /mnt. */
export const bootFieldMachine = (options: FieldMachineOptions): Promise<VirtualMachine> =>
  VirtualMachine.boot({ ...options, recipe: fieldRecipe });

/** Waits until systemd has started what it starts, and gives its word for how that went: `running` where nothing failed. */
export async function systemState(machine: VirtualMachine): Promise<string> {
  const { stdout } = await machine.run(['systemctl', 'is-system-running', '--wait'], { timeoutMs: 300_000 });
  return stdout.trim();
}
