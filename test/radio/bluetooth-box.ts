import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { Box, type BoxOptions, collectorOf } from './box.ts';
import { VirtualMachine } from './virtual-machine.ts';

/** A machine with a Bluetooth adapter, its agent, which hears, and the collector that it is connected to. */
export interface BluetoothBox extends AsyncDisposable {
  readonly machine: VirtualMachine;
  readonly adapter: BluetoothAdapter;
  readonly server: BoxOptions['server'];
  readonly box: Box;
}

/** Boots it all; resolves once both scanners run. */
export async function bluetoothBox(...flags: readonly string[]): Promise<BluetoothBox> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await collectorOf(['D1']));
  const machine = stack.use(await VirtualMachine.boot());
  await machine.shell('modprobe hci_vhci');
  const adapter = stack.use(await BluetoothAdapter.plugIn(machine));
  const box = stack.use(await Box.start({ machine, server, scanners: 'ble,classic', flags }));
  await box.reports('running scanners', ({ scanners }) => scanners.every(({ state }) => state === 'running'));
  const all = stack.move();
  return { machine, adapter, server, box, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
