import { addressText } from './address-text.ts';

/** What of the controller's events matters for an inquiry. Formats: Bluetooth Core Specification 5.4, volume 4, part E, section 7.7. */
export type HciEvent =
  | { readonly type: 'inquiry-result'; readonly devices: readonly InquiredDevice[] }
  /** `status` as in volume 1, part F: 0 is success. */
  | { readonly type: 'inquiry-complete'; readonly status: number }
  | { readonly type: 'command-complete'; readonly opcode: number; readonly status: number | undefined }
  | { readonly type: 'command-status'; readonly opcode: number; readonly status: number }
  /** An event, or a packet of another kind, that nobody asked for. */
  | { readonly type: 'other' };

/** One device that answered. */
export interface InquiredDevice {
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly address: string;
  /** 24 bits. */
  readonly deviceClass: number;
  /** dBm; absent where the event has none or the controller does not know. */
  readonly rssiDbm?: number;
}

/** `problem` says what is wrong in words that never hold an address. */
export type HciParsed =
  | { readonly ok: true; readonly event: HciEvent }
  | { readonly ok: false; readonly problem: string };

const eventPacket = 0x04;
const headerBytes = 3;
/** Of an EIR data field, which fills the rest of an extended inquiry result. */
const eirBytes = 240;
/** What a controller says that does not know the RSSI. */
const rssiUnknown = 127;

interface DeviceLayout {
  readonly bytes: number;
  readonly classAt: number;
  readonly rssiAt?: number;
}
/** address 6, page scan repetition mode 1, reserved 2, class 3, clock offset 2 */
const plainLayout: DeviceLayout = { bytes: 14, classAt: 9 };
/** address 6, page scan repetition mode 1, reserved 1, class 3, clock offset 2, RSSI 1 */
const rssiLayout: DeviceLayout = { bytes: 14, classAt: 8, rssiAt: 13 };

/** Reads one packet of a raw HCI socket, its first octet the packet's type. Never throws, whatever the octets. */
export function parseHciPacket(packet: Uint8Array): HciParsed {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  if (bytes.length === 0) return bad('an empty packet');
  if (bytes[0] !== eventPacket) return good({ type: 'other' });
  if (bytes.length < headerBytes) return bad('an event without a header');
  const code = bytes.readUInt8(1);
  const parameters = bytes.subarray(headerBytes);
  const told = bytes.readUInt8(2);
  if (parameters.length !== told) {
    return bad(`event ${hex(code)}: ${parameters.length} octets of parameters, expected ${told} as its header says`);
  }
  switch (code) {
    case 0x01:
      return parameters.length < 1
        ? tooShort(code, parameters, 1)
        : good({ type: 'inquiry-complete', status: parameters.readUInt8(0) });
    case 0x02:
      return inquiryResults(code, parameters, plainLayout);
    case 0x0e:
      return commandComplete(code, parameters);
    case 0x0f:
      return parameters.length < 4
        ? tooShort(code, parameters, 4)
        : good({ type: 'command-status', status: parameters.readUInt8(0), opcode: parameters.readUInt16LE(2) });
    case 0x22:
      return inquiryResults(code, parameters, rssiLayout);
    case 0x2f:
      return extendedInquiryResult(code, parameters);
    default:
      return good({ type: 'other' });
  }
}

function commandComplete(code: number, parameters: Buffer): HciParsed {
  if (parameters.length < 3) return tooShort(code, parameters, 3);
  const status = parameters.length > 3 ? parameters.readUInt8(3) : undefined;
  return good({ type: 'command-complete', opcode: parameters.readUInt16LE(1), status });
}

/** Controllers send the devices of one event one whole entry after the other, as the kernel of Linux reads them too. */
function inquiryResults(code: number, parameters: Buffer, layout: DeviceLayout): HciParsed {
  if (parameters.length < 1) return tooShort(code, parameters, 1);
  const count = parameters.readUInt8(0);
  const expected = 1 + count * layout.bytes;
  if (count === 0) return bad(`event ${hex(code)}: no device, expected one or more`);
  if (parameters.length !== expected) {
    return bad(`event ${hex(code)}: ${parameters.length} octets for ${count} devices, expected ${expected}`);
  }
  const devices: InquiredDevice[] = [];
  for (let at = 1; at < expected; at += layout.bytes) {
    devices.push(deviceOf(parameters.subarray(at, at + layout.bytes), layout));
  }
  return good({ type: 'inquiry-result', devices });
}

/** Always of one device; the same entry as with RSSI, and what the device says of itself, which is of no interest. */
function extendedInquiryResult(code: number, parameters: Buffer): HciParsed {
  const expected = 1 + rssiLayout.bytes + eirBytes;
  if (parameters.length < 1 + rssiLayout.bytes) return tooShort(code, parameters, expected);
  if (parameters.readUInt8(0) !== 1) {
    return bad(`event ${hex(code)}: ${parameters.readUInt8(0)} devices, expected one`);
  }
  return good({
    type: 'inquiry-result',
    devices: [deviceOf(parameters.subarray(1, 1 + rssiLayout.bytes), rssiLayout)],
  });
}

function deviceOf(entry: Buffer, { classAt, rssiAt }: DeviceLayout): InquiredDevice {
  const rssi = rssiAt === undefined ? rssiUnknown : entry.readInt8(rssiAt);
  return {
    address: addressText(entry),
    deviceClass: entry.readUIntLE(classAt, 3),
    // -127 to 20 are in the specification; what is beyond is not known either.
    ...(rssi < -127 || rssi > 20 ? {} : { rssiDbm: rssi }),
  };
}

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;
const good = (event: HciEvent): HciParsed => ({ ok: true, event });
const bad = (problem: string): HciParsed => ({ ok: false, problem });
const tooShort = (code: number, parameters: Buffer, expected: number): HciParsed =>
  bad(`event ${hex(code)}: ${parameters.length} octets of parameters, expected ${expected}`);
