import BluetoothHciSocket from '@abandonware/bluetooth-hci-socket';
import { eventFilter } from './hci-command.ts';

/** Opens a raw socket of an adapter, which gets the events of these codes, whoever they are for. */
export function openRawSocket(index: number, events: readonly number[]): BluetoothHciSocket {
  const socket = new BluetoothHciSocket();
  socket.bindRaw(index);
  socket.setFilter(eventFilter(events));
  socket.start();
  return socket;
}
