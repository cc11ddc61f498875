import { constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostLink } from './host-link.ts';

/** Packets of the driver's own, drivers/bluetooth/hci_vhci.c: ask for a controller of both BR/EDR and LE; answered with its number. */
const vendorPacket = 0xff;
const pollMs = 2;

/** The way through the kernel's driver for virtual controllers, of the machine that this runs on. */
export async function throughDriver(): Promise<HostLink> {
  const driver = openSync('/dev/vhci', constants.O_RDWR | constants.O_NONBLOCK);
  writeSync(driver, Buffer.from([vendorPacket, 0]));
  const answer = await nextPacket(driver);
  return {
    name: `hci${answer.readUInt16LE(2)}`,
    // The kernel takes none for an adapter that is down.
    give: (packet) => ignoring('ENXIO', () => writeSync(driver, packet)),
    packets: async function* () {
      for (;;) yield await nextPacket(driver);
    },
  };
}

async function nextPacket(driver: number): Promise<Buffer> {
  const buffer = Buffer.alloc(4096);
  for (;;) {
    const length = ignoring('EAGAIN', () => readSync(driver, buffer));
    if (length !== undefined) return buffer.subarray(0, length);
    await wait(pollMs);
  }
}

function ignoring<T>(code: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
