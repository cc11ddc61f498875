/** Runs in the guest: plugs in a Bluetooth adapter, through the kernel's driver for virtual controllers. It is unplugged by the end of the process. */
import { constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { lineOf, linesOf } from '../control-lines.ts';
import type { AdapterReport, AdapterRequest } from './adapter-lines.ts';
import { Controller } from './controller.ts';
import { commandIn } from './packets.ts';

/** Packets of the driver's own, drivers/bluetooth/hci_vhci.c: ask for a controller of both BR/EDR and LE; answered with its number. */
const vendorPacket = 0xff;
const pollMs = 2;

const address = process.argv[2] ?? '';
const driver = openSync('/dev/vhci', constants.O_RDWR | constants.O_NONBLOCK);
const controller = new Controller(address, give);
const report = (message: AdapterReport) => process.stdout.write(lineOf(message));

/** Hands a packet to the kernel, which takes none for an adapter that is down. */
function give(packet: Buffer): void {
  try {
    writeSync(driver, packet);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error;
  }
}

/** The next packet from the kernel; undefined while there is none. */
function nextPacket(): Buffer | undefined {
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.subarray(0, readSync(driver, buffer));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

async function serveKernel(): Promise<void> {
  writeSync(driver, Buffer.from([vendorPacket, 0]));
  for (;;) {
    const packet = nextPacket();
    if (packet === undefined) await wait(pollMs);
    else if (packet[0] === vendorPacket) report({ type: 'ready', name: `hci${packet.readUInt16LE(2)}` });
    else {
      const command = commandIn(packet);
      if (command !== undefined) controller.take(command);
    }
  }
}

async function serveTest(): Promise<void> {
  for await (const line of linesOf(process.stdin)) {
    const request = JSON.parse(line) as AdapterRequest;
    if (request.do === 'devices') {
      const atMs = Date.now();
      controller.setDevices(request.devices, atMs);
      report({ type: 'devices', atMs });
    } else if (request.do === 'packets') {
      for (const packet of request.packets) give(Buffer.from(packet, 'hex'));
      report({ type: 'packets', count: request.packets.length });
    } else report({ type: 'count', ...controller.counts });
  }
}

await Promise.race([serveKernel(), serveTest()]);
// The driver is still open: the end of the process is what unplugs it.
process.exit();
