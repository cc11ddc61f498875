import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { Box, type Collector, startCollector } from './box.ts';
import { type MachineOptions, VirtualMachine } from './virtual-machine.ts';

/** A machine with a Bluetooth adapter, its agent, which hears, and the collector that it is connected to. */
export interface RadioBox extends AsyncDisposable {
  readonly machine: VirtualMachine;
  /** Another one once a test has plugged another one in. */
  adapter: BluetoothAdapter;
  readonly server: Collector;
  readonly box: Box;
}

/** Boots it all; resolves once both scanners of Bluetooth run. */
export async function radioBox(flags: readonly string[], options: MachineOptions = {}): Promise<RadioBox> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startCollector());
  const machine = stack.use(await VirtualMachine.boot(options));
  const adapter = stack.use(await BluetoothAdapter.plugIn(machine));
  const box = stack.use(await Box.start({ machine, server, scanners: 'ble,classic', flags }));
  await box.scannersRun();
  const all = stack.move();
  return { machine, adapter, server, box, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
