import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { Box, type Collector, collectorOf } from './box.ts';
import { type MachineOptions, VirtualMachine } from './virtual-machine.ts';
import { monitorInterface, scanInterface, WifiAir } from './wifi-air.ts';

/** A machine with a Bluetooth adapter, its agent, which hears, and the collector that it is connected to. */
export interface BluetoothBox extends AsyncDisposable {
  readonly machine: VirtualMachine;
  readonly adapter: BluetoothAdapter;
  readonly server: Collector;
  readonly box: Box;
}

/** One that has Wi-Fi too. */
export interface RadioBox extends BluetoothBox {
  readonly air: WifiAir;
}

const bluetoothScanners = ['ble', 'classic'];
const wifiScanners = ['wifi-monitor', 'wifi-access-points'];

/** Boots it all; resolves once both scanners of Bluetooth run. */
export async function bluetoothBox(flags: readonly string[], options: MachineOptions = {}): Promise<BluetoothBox> {
  return boot({ scanners: bluetoothScanners, flags, options }, () => Promise.resolve({}));
}

/** Boots it all, Wi-Fi among it; resolves once all four scanners run. */
export async function radioBox(...flags: readonly string[]): Promise<RadioBox> {
  const wifiFlags = ['--wifi-interface', monitorInterface, '--wifi-access-points-interface', scanInterface];
  const scanners = [...bluetoothScanners, ...wifiScanners];
  return boot({ scanners, flags: [...wifiFlags, ...flags], options: {} }, async (machine) => ({
    air: await WifiAir.fill(machine),
  }));
}

interface BootOptions {
  readonly scanners: readonly string[];
  readonly flags: readonly string[];
  readonly options: MachineOptions;
}

async function boot<T extends object>(
  { scanners, flags, options }: BootOptions,
  prepare: (machine: VirtualMachine) => Promise<T>,
): Promise<BluetoothBox & T> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await collectorOf(['D1']));
  const machine = stack.use(await VirtualMachine.boot(options));
  const prepared = await prepare(machine);
  const adapter = stack.use(await BluetoothAdapter.plugIn(machine));
  const box = stack.use(await Box.start({ machine, server, scanners: scanners.join(), flags }));
  await box.scannersRun();
  const all = stack.move();
  return { machine, adapter, server, box, ...prepared, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
