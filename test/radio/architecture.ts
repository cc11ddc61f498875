import type { Architecture } from '../../deploy/packages/package-kind.ts';

export interface Emulation {
  /** The emulator's program, and the machine and processor that it is asked for. */
  readonly command: readonly [string, ...string[]];
  /** The kernel's name of the serial port that is its console. */
  readonly console: string;
  /** How a virtual Bluetooth adapter is plugged in: through the kernel's own driver for such, or a serial port. */
  readonly bluetooth: 'driver' | 'serial port';
}

export const emulations: Readonly<Record<Architecture, Emulation>> = {
  amd64: {
    command: ['qemu-system-x86_64', '-machine', 'q35', '-cpu', 'max'],
    console: 'ttyS0',
    bluetooth: 'driver',
  },
  /** The processor of a Raspberry Pi 4. Debian builds this kernel without the driver for virtual adapters. */
  arm64: {
    command: ['qemu-system-aarch64', '-machine', 'virt', '-cpu', 'cortex-a72'],
    console: 'ttyAMA0',
    bluetooth: 'serial port',
  },
};
