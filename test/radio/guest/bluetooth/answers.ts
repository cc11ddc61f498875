import { randomBytes } from 'node:crypto';
import { addressBytes } from './packets.ts';

/** What a controller is set to. */
export interface ControllerState {
  isScanning: boolean;
  /** 0 plain, 1 with RSSI, 2 extended: 7.3.50. */
  inquiryMode: number;
  classOfDevice: Buffer;
  name: Buffer;
  scanEnable: number;
}

export const resetState = (): ControllerState => ({
  isScanning: false,
  inquiryMode: 0,
  classOfDevice: Buffer.alloc(3),
  name: Buffer.alloc(248),
  scanEnable: 0,
});

type Answer = (parameters: Buffer, state: ControllerState) => Uint8Array;

const ok = (...octets: readonly number[]): Buffer => Buffer.from([0, ...octets]);
const okWith = (octets: Uint8Array): Buffer => Buffer.concat([ok(), octets]);
const commandDisallowed = Buffer.from([0x0c]);

/** Features of the link manager, page 0 (volume 2, part C, 3.3): inquiry with RSSI and extended, LE beside BR/EDR, simple pairing. */
const features = [0xa4, 0x08, 0x08, 0xc0, 0x58, 0x1e, 0x7b, 0x83];
/** Host features, page 1: simple pairing and LE. */
const hostFeatures = [0x03, 0, 0, 0, 0, 0, 0, 0];

/** Octets of the supported commands (6.27) that are not zero: what a plain dual-mode controller of version 5.0 has. */
const supportedOctets: Readonly<Record<number, number>> = {
  ...{ 0: 0x21, 2: 0x18, 4: 0x03, 5: 0xc0, 6: 0x03, 7: 0xff, 8: 0xff, 9: 0x7f, 12: 0x40, 14: 0xa8 },
  ...{ 15: 0x02, 17: 0x11, 18: 0x20, 22: 0x04, 24: 0x60, 25: 0xf7, 26: 0xff },
};

function supportedCommands(): Buffer {
  const octets = Buffer.alloc(64);
  for (const [index, octet] of Object.entries(supportedOctets)) octets[Number(index)] = octet;
  return octets;
}

/** What the commands return that ask for something, or change what is returned later; by opcode. All others just succeed. */
const answers: Readonly<Record<number, Answer>> = {
  // Controller and baseband, 7.3.
  3075: (_, state) => {
    Object.assign(state, resetState());
    return ok();
  },
  3091: (parameters, state) => {
    state.name = Buffer.from(parameters);
    return ok();
  },
  3092: (_, state) => okWith(state.name),
  3097: (_, state) => ok(state.scanEnable),
  3098: ([scanEnable = 0], state) => {
    state.scanEnable = scanEnable;
    return ok();
  },
  3099: () => ok(0, 8, 0x12, 0),
  3100: () => ok(0),
  3107: (_, state) => okWith(state.classOfDevice),
  3108: (parameters, state) => {
    state.classOfDevice = Buffer.from(parameters);
    return ok();
  },
  3109: () => ok(0x60, 0),
  3128: () => ok(2),
  3129: () => ok(1, 0x33, 0x8b, 0x9e),
  3140: (_, state) => ok(state.inquiryMode),
  3141: ([mode = 0], state) => {
    state.inquiryMode = mode;
    return ok();
  },
  3142: () => ok(0),
  3143: () => ok(0),
  3153: () => okWith(Buffer.alloc(241)),
  3157: () => ok(1),
  3160: () => ok(0),
  3180: () => ok(1, 0),
  // Informational, 7.4: version 5.0 of a manufacturer that sells many.
  4097: () => ok(0x09, 0, 0, 0x09, 0x0f, 0, 0, 0),
  4098: () => okWith(supportedCommands()),
  4099: () => ok(...features),
  4100: ([page = 0]) => ok(page, 2, ...(page === 0 ? features : page === 1 ? hostFeatures : Buffer.alloc(8))),
  4101: () => ok(0xfd, 3, 64, 8, 0, 1, 0),
  5128: () => okWith(Buffer.alloc(8)),
  // LE, 7.8.
  8194: () => ok(0xfb, 0, 8),
  8195: () => okWith(Buffer.alloc(8)),
  8199: () => ok(0),
  8203: (_, state) => (state.isScanning ? commandDisallowed : ok()),
  8204: ([enable = 0], state) => {
    state.isScanning = enable === 1;
    return ok();
  },
  8207: () => ok(16),
  8216: () => okWith(randomBytes(8)),
  8220: () => ok(0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 0),
  8227: () => ok(0x1b, 0, 0x48, 1),
  8234: () => ok(4),
  8239: () => ok(0xfb, 0, 0x48, 8, 0xfb, 0, 0x48, 8),
};
const readAddress = 0x1009;

/** What a controller of this address returns for a command. */
export function answerTo(opcode: number, parameters: Buffer, state: ControllerState, address: string): Uint8Array {
  if (opcode === readAddress) return okWith(addressBytes(address));
  return answers[opcode]?.(parameters, state) ?? ok();
}
