/**
 * `adapter.ts ADDRESS` runs in the guest and plugs in a Bluetooth adapter through the kernel's driver for virtual controllers; `adapter.ts
 * ADDRESS SOCKET` runs outside of it, at the other end of one of its serial ports. The end of the process unplugs it.
 */
import { lineOf, linesOf } from '../control-lines.ts';
import type { AdapterReport, AdapterRequest } from './adapter-lines.ts';
import { Controller } from './controller.ts';
import { commandIn } from './packets.ts';
import { throughSerialPort } from './serial-port.ts';
import { throughDriver } from './virtual-driver.ts';

const [address = '', socket] = process.argv.slice(2);
const report = (message: AdapterReport) => process.stdout.write(lineOf(message));
const link = socket === undefined ? await throughDriver() : await throughSerialPort(socket);
const controller = new Controller(address, link.give);

async function serveHost(): Promise<void> {
  report({ type: 'ready', name: link.name });
  for await (const packet of link.packets()) {
    const command = commandIn(packet);
    if (command !== undefined) controller.take(command);
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
      for (const packet of request.packets) link.give(Buffer.from(packet, 'hex'));
      report({ type: 'packets', count: request.packets.length });
    } else report({ type: 'count', ...controller.counts });
  }
}

await Promise.race([serveHost(), serveTest()]);
// The driver is still open: the end of the process is what unplugs it.
process.exit();
