/** Packets between a host and a controller: Bluetooth Core Specification, volume 4, parts A and E. */

const commandPacket = 0x01;
const dataPacket = 0x02;
const voicePacket = 0x03;
const eventPacket = 0x04;

const event = (code: number, parameters: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([eventPacket, code, parameters.length]), parameters]);

const opcodeBytes = (opcode: number): Buffer => Buffer.from([opcode & 0xff, opcode >> 8]);

/** Addresses go over the wire lowest octet first. */
export const addressBytes = (address: string): Buffer => Buffer.from(address.replaceAll(':', ''), 'hex').reverse();

export interface Command {
  readonly opcode: number;
  readonly parameters: Buffer;
}

/** The command in a packet from the host; undefined when it is none. */
export function commandIn(packet: Buffer): Command | undefined {
  if (packet[0] !== commandPacket || packet.length < 4) return undefined;
  return { opcode: packet.readUInt16LE(1), parameters: packet.subarray(4, 4 + (packet[3] ?? 0)) };
}

/** Octets of the packet from the host that these begin with; infinitely many while they do not tell. */
export function packetLength(octets: Buffer): number {
  const type = octets[0];
  const headLength = type === dataPacket ? 5 : 4;
  if (octets.length < headLength) return Number.POSITIVE_INFINITY;
  if (type === dataPacket) return headLength + octets.readUInt16LE(3);
  if (type === commandPacket || type === voicePacket) return headLength + octets.readUInt8(3);
  throw new Error(`no packet from a host begins with the octet ${type}`);
}

/** 7.7.14: the command is done; what it returns begins with its status. */
export const commandComplete = (opcode: number, returned: Uint8Array): Buffer =>
  event(0x0e, Buffer.concat([Buffer.from([1]), opcodeBytes(opcode), returned]));

/** 7.7.15: the command is under way, or refused. */
export const commandStatus = (opcode: number, status: number): Buffer =>
  event(0x0f, Buffer.concat([Buffer.from([status, 1]), opcodeBytes(opcode)]));

/** 7.7.1. */
export const inquiryComplete = (): Buffer => event(0x01, Buffer.from([0]));

const int8 = (value: number): number => value & 0xff;
const classBytes = (classOfDevice: number): readonly number[] => [
  classOfDevice & 0xff,
  (classOfDevice >> 8) & 0xff,
  classOfDevice >> 16,
];

/** The answer of one device in the form that the inquiry mode asks for: 7.7.2, with RSSI 7.7.33, extended 7.7.38. */
export function inquiryResult(mode: number, address: Buffer, classOfDevice: number, rssiDbm: number): Buffer {
  const head = Buffer.concat([Buffer.from([1]), address]);
  const deviceClass = classBytes(classOfDevice);
  if (mode === 0) return event(0x02, Buffer.concat([head, Buffer.from([1, 0, 0, ...deviceClass, 0, 0])]));
  const result = Buffer.concat([head, Buffer.from([1, 0, ...deviceClass, 0, 0, int8(rssiDbm)])]);
  return mode === 1 ? event(0x22, result) : event(0x2f, Buffer.concat([result, Buffer.alloc(240)]));
}

/** 7.7.65.2: an advertisement that others may connect to, with the flags that nearly all have. */
export function advertisingReport(address: Buffer, isRandom: boolean, rssiDbm: number): Buffer {
  const data = Buffer.from([2, 1, 6]);
  const head = Buffer.from([2, 1, 0, isRandom ? 1 : 0]);
  return event(0x3e, Buffer.concat([head, address, Buffer.from([data.length]), data, Buffer.from([int8(rssiDbm)])]));
}
