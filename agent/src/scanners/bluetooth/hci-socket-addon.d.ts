/** What is used of the addon, whose own declarations are for the name that it is published under. */
declare module '@abandonware/bluetooth-hci-socket' {
  import type { EventEmitter } from 'node:events';

  class BluetoothHciSocket extends EventEmitter<{ data: [Buffer]; error: [Error] }> {
    bindRaw(index: number): number;
    bindControl(): void;
    setFilter(filter: Buffer): void;
    start(): void;
    write(packet: Buffer): void;
  }
  export = BluetoothHciSocket;
}
