/** Messages of the kernel's management socket, as doc/mgmt-api.txt of BlueZ describes them. */

export const readInfoOpcode = 0x0004;
export const setPoweredOpcode = 0x0005;

const headerBytes = 6;
/** In the answer to "read controller information": address 6, version 1, manufacturer 2, then the settings. */
const supportedAt = 9;
const currentAt = 13;

export const managementStatus = { busy: 0x0a, invalidIndex: 0x11, rfkilled: 0x12, permissionDenied: 0x14 } as const;

/** Of the 32 bits of an adapter's settings, those that matter. */
export interface AdapterSettings {
  readonly powered: boolean;
  readonly classic: boolean;
  readonly lowEnergy: boolean;
}

export type ManagementEvent =
  | {
      readonly type: 'info';
      readonly index: number;
      readonly supported: AdapterSettings;
      readonly current: AdapterSettings;
    }
  | { readonly type: 'settings'; readonly index: number; readonly current: AdapterSettings }
  | { readonly type: 'removed'; readonly index: number }
  | { readonly type: 'refused'; readonly index: number; readonly opcode: number; readonly status: number }
  | { readonly type: 'other' };

export const readInfo = (index: number): Buffer => message(readInfoOpcode, index, []);
export const setPowered = (index: number): Buffer => message(setPoweredOpcode, index, [1]);

/** Reads one message. What is too short for what it says it is, is `other`: never throws, whatever the octets. */
export function parseManagement(bytes: Buffer): ManagementEvent {
  if (bytes.length < headerBytes) return { type: 'other' };
  const code = bytes.readUInt16LE(0);
  const index = bytes.readUInt16LE(2);
  const body = bytes.subarray(headerBytes);
  if (code === 0x0005) return { type: 'removed', index };
  if (code === 0x0006 && body.length >= 4) return { type: 'settings', index, current: settingsOf(body, 0) };
  if ((code === 0x0001 || code === 0x0002) && body.length >= 3) {
    const opcode = body.readUInt16LE(0);
    const status = body.readUInt8(2);
    const answer = body.subarray(3);
    if (status !== 0) return { type: 'refused', index, opcode, status };
    // Whoever asked for it gets the answer alone, and no event about the new settings.
    if (code === 0x0001 && opcode === setPoweredOpcode && answer.length >= 4) {
      return { type: 'settings', index, current: settingsOf(answer, 0) };
    }
    if (code === 0x0001 && opcode === readInfoOpcode && answer.length >= currentAt + 4) {
      return {
        type: 'info',
        index,
        supported: settingsOf(answer, supportedAt),
        current: settingsOf(answer, currentAt),
      };
    }
  }
  return { type: 'other' };
}

function settingsOf(bytes: Buffer, at: number): AdapterSettings {
  const bits = bytes.readUInt32LE(at);
  return { powered: (bits & 1) !== 0, classic: (bits & (1 << 7)) !== 0, lowEnergy: (bits & (1 << 9)) !== 0 };
}

function message(opcode: number, index: number, parameters: readonly number[]): Buffer {
  const bytes = Buffer.alloc(headerBytes + parameters.length);
  bytes.writeUInt16LE(opcode, 0);
  bytes.writeUInt16LE(index, 2);
  bytes.writeUInt16LE(parameters.length, 4);
  Buffer.from(parameters).copy(bytes, headerBytes);
  return bytes;
}
