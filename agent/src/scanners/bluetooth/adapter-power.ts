import BluetoothHciSocket from '@abandonware/bluetooth-hci-socket';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { mayI } from '../../machine/capabilities.ts';
import {
  type AdapterSettings,
  managementStatus,
  parseManagement,
  readInfo,
  setPowered,
  setPoweredOpcode,
} from './management-packet.ts';

const answerMsMax = 8000;
/** Somebody else is changing the adapter's power: asked again after so long. */
const busyMs = 300;

export interface AdapterWatch {
  readonly index: number;
  /** It is powered: called once. */
  readonly onPowered: (supported: AdapterSettings) => void;
  /** It cannot be had, or not any more. */
  readonly onLost: (problem: string) => void;
}

/** Powers an adapter up through the kernel's management socket, and tells when it goes down or away. */
export function watchAdapter({ index, onPowered, onLost }: AdapterWatch): void {
  const name = `hci${index}`;
  const socket = new BluetoothHciSocket();
  let isPowered = false;
  const late = setTimeout(
    () => onLost(`${name}: the kernel does not power it up: unplug it, or restart the machine`),
    answerMsMax,
  );
  socket.on('error', (error) =>
    onLost(`${name}: the Bluetooth management socket fails: ${error.message}${hintFor(error)}`),
  );
  socket.on('data', (bytes) => {
    const event = parseManagement(bytes);
    if (event.type === 'other' || event.index !== index) return;
    if (event.type === 'removed') return onLost(`${name} is gone: it was unplugged, or its driver has reset it`);
    if (event.type === 'refused') {
      if (event.status !== managementStatus.busy) return onLost(refusal(name, event.opcode, event.status));
      setTimeout(() => socket.write(readInfo(index)), busyMs);
      return;
    }
    if (isPowered) {
      if (!event.current.powered) onLost(`${name} went down: it was switched off or blocked`);
      return;
    }
    if (event.type === 'settings') return socket.write(readInfo(index));
    if (!event.current.powered) {
      if (!mayI('CAP_NET_ADMIN')) return onLost(`${name} is down and ${mayNot}`);
      return socket.write(setPowered(index));
    }
    isPowered = true;
    clearTimeout(late);
    onPowered(event.supported);
  });
  bindControl(socket);
  socket.start();
  socket.write(readInfo(index));
}

const mayNot =
  'cannot be powered up without the capability CAP_NET_ADMIN: give it to the agent, or run "bluetoothctl power on"';

/** The error of the addon has the text of the C library, and its number, which is another on other machines. */
const hintFor = ({ message }: Error): string =>
  message.startsWith('Address family')
    ? ': the kernel has no Bluetooth, or the sandbox of the agent none (RestrictAddressFamilies in its systemd unit needs AF_BLUETOOTH)'
    : '';

function bindControl(socket: BluetoothHciSocket): void {
  try {
    socket.bindControl();
  } catch (error) {
    throw new UnavailableError('the Bluetooth management socket cannot be opened', { cause: error });
  }
}

function refusal(name: string, opcode: number, status: number): string {
  if (status === managementStatus.rfkilled) {
    return `${name} is blocked by rfkill: unblock it with "rfkill unblock bluetooth"`;
  }
  if (status === managementStatus.invalidIndex) return `${name} is gone: it was unplugged, or its driver has reset it`;
  if (status === managementStatus.permissionDenied) return `${name} is down and ${mayNot}`;
  const what = opcode === setPoweredOpcode ? 'power up' : 'tell of itself';
  return `${name} does not ${what} (management status 0x${status.toString(16)})`;
}
