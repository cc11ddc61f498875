import { dirname } from 'node:path';
import { Program } from '../src/harness/program.ts';
import { until } from '../src/harness/until.ts';
import { emulations } from './architecture.ts';
import type { AdapterReport, AdapterRequest } from './guest/bluetooth/adapter-lines.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { lineOf } from './guest/control-lines.ts';
import type { GuestProcess } from './guest-process.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What runs the controller: in the guest, or outside at one of its serial ports. */
type ControllerProcess = AsyncDisposable &
  Pick<GuestProcess, 'describe' | 'ended' | 'exit' | 'jsonLines' | 'kill' | 'write'>;

/** A Bluetooth adapter in a machine, and the devices around it. Disposing unplugs it. */
export class BluetoothAdapter implements AsyncDisposable {
  /** Such as `hci0`. */
  readonly name: string;
  readonly #machine: VirtualMachine;
  readonly #controller: ControllerProcess;
  /** What holds a serial port for the kernel. */
  readonly #holder: GuestProcess | undefined;

  private constructor(machine: VirtualMachine, controller: ControllerProcess, name: string, holder?: GuestProcess) {
    this.#machine = machine;
    this.#controller = controller;
    this.name = name;
    this.#holder = holder;
  }

  static plugIn(machine: VirtualMachine, address = 'b8:27:eb:00:00:01'): Promise<BluetoothAdapter> {
    const way = emulations[machine.architecture].bluetooth;
    return way === 'driver'
      ? BluetoothAdapter.#plugIntoDriver(machine, address)
      : BluetoothAdapter.#plugIntoSerialPort(machine, address);
  }

  static async #plugIntoDriver(machine: VirtualMachine, address: string): Promise<BluetoothAdapter> {
    await machine.shell('modprobe hci_vhci');
    const { node, scripts } = machine.tools;
    const controller = machine.start([...node, `${scripts}/bluetooth/adapter.ts`, address]);
    const { name = '' } = await reportOf(controller, 'ready', 0);
    return new BluetoothAdapter(machine, controller, name);
  }

  /** The controller is outside, and the guest's `btattach` hands the port to the kernel. */
  static async #plugIntoSerialPort(machine: VirtualMachine, address: string): Promise<BluetoothAdapter> {
    const socket = machine.bluetoothSocket;
    const options = { directory: dirname(socket), keepsInput: true };
    await using stack = new AsyncDisposableStack();
    const controller = stack.use(new Program('bluetooth-adapter', [address, socket], options));
    await reportOf(controller, 'ready', 0);
    await machine.shell('modprobe hci_uart');
    const holder = stack.use(machine.start(['stdbuf', '-oL', 'btattach', '-B', '/dev/hvc0', '-P', 'h4', '-N']));
    const attached = /^Device index (\d+) attached$/;
    const line = await holder.line('attached adapter', (each) => attached.test(each));
    stack.move();
    return new BluetoothAdapter(machine, controller, `hci${attached.exec(line)?.[1]}`, holder);
  }

  /** Puts these devices into the air, and no others; resolves to the guest's time at which that was, in Unix milliseconds. */
  async setDevices(devices: readonly Device[]): Promise<number> {
    // A controller outside of the guest has another clock.
    const beforeMs = this.#holder === undefined ? undefined : await this.#machine.nowMs();
    const { atMs } = await this.#ask('devices', { do: 'devices', devices });
    return beforeMs ?? atMs;
  }

  /** Hands packets to the kernel as they are, in hex, the type's octet first. */
  async sendPackets(packets: readonly string[]): Promise<void> {
    await this.#ask('packets', { do: 'packets', packets });
  }

  /** What the controller has told the kernel so far. */
  count(): Promise<AdapterReport & { readonly type: 'count' }> {
    return this.#ask('count', { do: 'count' });
  }

  /** A controller that hangs: it is there, and does nothing. */
  freeze(): void {
    this.#controller.kill('SIGSTOP');
  }

  thaw(): void {
    this.#controller.kill('SIGCONT');
  }

  async unplug(): Promise<void> {
    const processes = [this.#holder, this.#controller];
    for (const process of processes) process?.kill('SIGKILL');
    await Promise.all(processes.map((process) => process?.exit()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder?.[Symbol.asyncDispose]();
    await this.#controller[Symbol.asyncDispose]();
  }

  #ask<Type extends AdapterReport['type']>(type: Type, request: AdapterRequest) {
    const before = reportsOf(this.#controller, type).length;
    this.#controller.write(lineOf(request));
    return reportOf(this.#controller, type, before);
  }
}

const reportsOf = <Type extends AdapterReport['type']>(process: ControllerProcess, type: Type) =>
  process.jsonLines().filter((line) => line.type === type) as unknown as readonly (AdapterReport & {
    readonly type: Type;
  })[];

function reportOf<Type extends AdapterReport['type']>(process: ControllerProcess, type: Type, index: number) {
  return until(`report ${index} (${type}) of the adapter`, () => {
    const report = reportsOf(process, type)[index];
    if (report === undefined && process.ended !== undefined) throw new Error(process.describe());
    return report;
  });
}
