/** Commands of an inquiry. Formats: Bluetooth Core Specification 5.4, volume 4, part E, sections 7.1 and 7.3. */

export const inquiryOpcode = 0x0401;
export const inquiryCancelOpcode = 0x0402;
export const resetOpcode = 0x0c03;
export const writeInquiryModeOpcode = 0x0c45;
/** "LE set scan enable", and its extended form. */
export const scanEnableOpcodes: readonly number[] = [0x200c, 0x2042];

const commandPacket = 0x01;

/**
 * Units of 1.28 s that one inquiry takes: 5.12 s. An inquiry sends on a train of 16 frequencies for 2.56 s and then on the other 16: this is
 * the shortest that asks on all 32, so that a device that listens on any of them answers. A controller tells of a device once in an
 * inquiry, so longer ones would place a passing car worse: at 50 km/h this is a sighting every 70 m.
 */
export const inquiryLength = 4;
export const inquiryMs = inquiryLength * 1280;

/** General inquiry access code 0x9E8B33, the last octet first, as all devices that can be found listen for. */
const generalAccessCode = [0x33, 0x8b, 0x9e] as const;
const unlimitedResponses = 0;

export const inquiryCommand = (): Buffer =>
  command(inquiryOpcode, [...generalAccessCode, inquiryLength, unlimitedResponses]);

export const inquiryCancelCommand = (): Buffer => command(inquiryCancelOpcode, []);

/** 0: results without RSSI; 1: with RSSI; 2: with RSSI or extended. */
export const writeInquiryModeCommand = (mode: 0 | 1 | 2): Buffer => command(writeInquiryModeOpcode, [mode]);

function command(opcode: number, parameters: readonly number[]): Buffer {
  return Buffer.from([commandPacket, opcode & 0xff, opcode >> 8, parameters.length, ...parameters]);
}

/** What the kernel hands to a raw socket: `struct hci_filter` of types (32 bits), events (64 bits) and one opcode (0: all). */
export function eventFilter(events: readonly number[]): Buffer {
  const filter = Buffer.alloc(16);
  filter.writeUInt32LE(1 << 4, 0);
  let mask = 0n;
  for (const event of events) mask |= 1n << BigInt(event);
  filter.writeBigUInt64LE(mask, 4);
  return filter;
}

export const commandCompleteEvents = [0x0e] as const;
/** Inquiry complete, its three kinds of results, command complete and command status. */
export const inquiryEvents = [0x01, 0x02, 0x22, 0x2f, 0x0e, 0x0f] as const;
