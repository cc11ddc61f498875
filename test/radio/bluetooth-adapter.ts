import { until } from '../src/harness/until.ts';
import type { AdapterReport, AdapterRequest } from './guest/bluetooth/adapter-lines.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { lineOf } from './guest/control-lines.ts';
import type { GuestProcess } from './guest-process.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** A Bluetooth adapter in a machine, and the devices around it. Disposing unplugs it. */
export class BluetoothAdapter implements AsyncDisposable {
  /** Such as `hci0`. */
  readonly name: string;
  readonly #process: GuestProcess;

  private constructor(process: GuestProcess, name: string) {
    this.#process = process;
    this.name = name;
  }

  static async plugIn(machine: VirtualMachine, address = 'b8:27:eb:00:00:01'): Promise<BluetoothAdapter> {
    const process = machine.start([
      'taskset',
      '-c',
      '1',
      'node',
      '/project/test/radio/guest/bluetooth/adapter.ts',
      address,
    ]);
    const ready = await reportOf(process, 'ready', 0);
    return new BluetoothAdapter(process, ready.name);
  }

  /** Puts these devices into the air, and no others; resolves to the guest's time at which that was, in Unix milliseconds. */
  async setDevices(devices: readonly Device[]): Promise<number> {
    return (await this.#ask('devices', { do: 'devices', devices })).atMs;
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
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  async unplug(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #ask<Type extends AdapterReport['type']>(type: Type, request: AdapterRequest) {
    const before = reportsOf(this.#process, type).length;
    this.#process.write(lineOf(request));
    return reportOf(this.#process, type, before);
  }
}

const reportsOf = <Type extends AdapterReport['type']>(process: GuestProcess, type: Type) =>
  process.jsonLines().filter((line) => line.type === type) as unknown as readonly (AdapterReport & {
    readonly type: Type;
  })[];

function reportOf<Type extends AdapterReport['type']>(process: GuestProcess, type: Type, index: number) {
  return until(`report ${index} (${type}) of the adapter`, () => {
    const report = reportsOf(process, type)[index];
    if (report === undefined && process.ended !== undefined) throw new Error(process.describe());
    return report;
  });
}
