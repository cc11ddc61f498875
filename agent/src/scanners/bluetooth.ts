import { fileURLToPath } from 'node:url';
import type { Scanner } from '../scanner.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { adapterToUse, bluetoothFolder } from './bluetooth/adapter-list.ts';
import { RadioProcessScanner } from './radio/radio-process-scanner.ts';

export interface BluetoothOptions {
  /** Advertisements of Bluetooth Low Energy, or inquiries of classic Bluetooth. */
  readonly kind: 'ble' | 'classic';
  /** Such as `hci0`; absent: the first there is whenever it starts. */
  readonly adapter?: string;
  readonly clock: SteadyClock;
  /** Where the kernel lists its adapters. */
  readonly folder?: string;
  /** What runs at the radio, after Node and before the kind and the adapter. */
  readonly script?: string;
}

const radioScript = fileURLToPath(new URL('./bluetooth/radio-process.ts', import.meta.url));

/** Scanner of Bluetooth, BLE or classic. */
export function bluetoothScanner(options: BluetoothOptions): Scanner {
  const { kind, adapter, clock, folder = bluetoothFolder, script = radioScript } = options;
  return new RadioProcessScanner({
    name: kind,
    kind,
    clock,
    program: () => {
      const name = adapterToUse(adapter, folder);
      return {
        script,
        args: [kind, name],
        env: {
          // Every advertisement, not only those that complete what is known of a device.
          NOBLE_REPORT_ALL_HCI_EVENTS: '1',
          // The C library would keep memory for each of the threads that do nothing here.
          MALLOC_ARENA_MAX: '1',
          NOBLE_HCI_DEVICE_ID: name.slice('hci'.length),
        },
      };
    },
  });
}
