import type { Random } from '../../simulation/random.ts';

/** For tests: a captured frame, and what is to be read out of it. */
export interface MadeUpCapture {
  readonly bytes: Buffer;
  readonly rssiDbm: number | undefined;
  readonly channelMhz: number | undefined;
  readonly isFaulty: boolean;
  /** Who has sent it, whoever that is. */
  readonly sender: string;
  readonly isOfClient: boolean;
}

/** Length and alignment of radiotap's fields as radiotap.org has them, written down once more. */
const layouts: readonly (readonly [bit: number, bytes: number, align: number])[] = [
  ...([
    [0, 8, 8],
    [1, 1, 1],
    [2, 1, 1],
    [3, 4, 2],
    [4, 2, 2],
    [5, 1, 1],
    [6, 1, 1],
    [7, 2, 2],
    [8, 2, 2],
  ] as const),
  ...([
    [9, 2, 2],
    [10, 1, 1],
    [11, 1, 1],
    [12, 1, 1],
    [13, 1, 1],
    [14, 2, 2],
    [15, 2, 2],
    [16, 1, 1],
  ] as const),
  ...([
    [17, 1, 1],
    [18, 8, 4],
    [19, 3, 1],
    [20, 8, 4],
    [21, 12, 2],
    [22, 12, 8],
    [23, 12, 2],
    [24, 12, 2],
  ] as const),
  ...([
    [25, 6, 2],
    [26, 1, 1],
    [27, 4, 2],
  ] as const),
];
const [flagsBit, channelBit, signalBit] = [1, 3, 5];

export const wholeBelow = (random: Random, limit: number): number => Math.floor(random.fraction() * limit);
export const octets = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => wholeBelow(random, 256)));

/** A capture that is right in all its parts: any fields in up to four words, of vendors too, and any frame. */
export function madeUpCapture(random: Random): MadeUpCapture {
  const radiotap = madeUpRadiotap(random);
  const frame = madeUpFrame(random);
  return { ...radiotap, ...frame, bytes: Buffer.concat([radiotap.bytes, frame.bytes]) };
}

function madeUpRadiotap(random: Random) {
  const wordCount = 1 + wholeBelow(random, 4);
  const words: number[] = [];
  const found: { rssiDbm?: number; channelMhz?: number; isFaulty: boolean } = { isFaulty: false };
  const body: number[] = [];
  const begin = 4 + 4 * wordCount;
  const align = (to: number) => {
    while ((begin + body.length) % to !== 0) body.push(wholeBelow(random, 256));
  };
  let isVendor = false;
  for (let at = 0; at < wordCount; at += 1) {
    let word = 0;
    for (const [bit, bytes, alignment] of layouts) {
      if (!random.chance(0.3)) continue;
      word |= 1 << bit;
      // Those of a vendor are within what was passed over.
      if (isVendor) continue;
      align(alignment);
      const value = octets(random, bytes);
      if (bit === flagsBit) found.isFaulty ||= (value.readUInt8(0) & 0x40) !== 0;
      if (bit === channelBit) found.channelMhz ??= value.readUInt16LE(0);
      if (bit === signalBit) found.rssiDbm ??= value.readInt8(0);
      body.push(...value);
    }
    if (random.chance(0.3)) {
      word |= 1 << 30;
      align(2);
      const skipped = octets(random, wholeBelow(random, 20));
      body.push(...octets(random, 4), skipped.length & 255, skipped.length >> 8, ...skipped);
      isVendor = true;
    } else if (random.chance(0.5)) {
      word |= 1 << 29;
      isVendor = false;
    }
    words.push((at < wordCount - 1 ? word | (1 << 31) : word) >>> 0);
  }
  const bytes = Buffer.alloc(begin + body.length);
  bytes.writeUInt16LE(bytes.length, 2);
  for (const [at, word] of words.entries()) bytes.writeUInt32LE(word, 4 + 4 * at);
  Buffer.from(body).copy(bytes, begin);
  return { bytes, rssiDbm: found.rssiDbm, channelMhz: found.channelMhz, isFaulty: found.isFaulty };
}

function madeUpFrame(random: Random) {
  const type = random.chance(0.9) ? (random.chance(0.5) ? 0 : 2) : 1;
  const subtype = wholeBelow(random, 16);
  const direction = type === 0 ? 0 : wholeBelow(random, 4);
  const address = () => {
    const bytes = octets(random, 6);
    bytes.writeUInt8(bytes.readUInt8(0) & 0xfe, 0);
    return bytes;
  };
  const [receiver, sender] = [address(), address()];
  const toNetwork = random.chance(0.5);
  const network = toNetwork ? receiver : random.chance(0.5) ? sender : address();
  const rest = octets(random, wholeBelow(random, 60));
  const control = Buffer.from([(subtype << 4) | (type << 2), direction | (wholeBelow(random, 64) << 2), 0, 0]);
  const bytes = Buffer.concat([control, receiver, sender, network, octets(random, 2), rest]);
  const isRequest = [0, 2, 4].includes(subtype);
  const isOfBoth = subtype >= 10 && subtype <= 14;
  const isOfClient = type === 0 ? isRequest || (isOfBoth && toNetwork) : type === 2 && direction === 1;
  const text = [...sender].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  return { bytes, sender: text, isOfClient };
}

/** With octets changed, and now and then cut off or made longer. */
export function mutated(random: Random, bytes: Buffer): Buffer {
  const length = random.chance(0.5) ? bytes.length : wholeBelow(random, bytes.length + 20);
  const copy = Buffer.alloc(length);
  bytes.copy(copy);
  for (let changes = wholeBelow(random, 6); changes > 0 && length > 0; changes -= 1) {
    // What decides most is at the beginning.
    const at = wholeBelow(random, random.chance(0.5) ? Math.min(length, 24) : length);
    copy.writeUInt8(wholeBelow(random, 256), at);
  }
  return copy;
}
