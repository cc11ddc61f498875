/** What the radio says of a frame that it heard. Format: radiotap.org. */
export interface Radiotap {
  /** Octets of the header: the frame follows. */
  readonly length: number;
  /** dBm of all antennas together, or else of the first that says; absent where none does. */
  readonly rssiDbm?: number;
  /** MHz. */
  readonly channelMhz?: number;
  /** Whether the frame was heard with faults. */
  readonly isFaulty: boolean;
}

/** `problem` says what is wrong in words that never hold an address. */
export type RadiotapParsed =
  | { readonly ok: true; readonly radiotap: Radiotap }
  | { readonly ok: false; readonly problem: string };

/** Version, padding, length, and one word of present fields. */
const headerBytesMin = 8;
/** Words of present fields that are looked at: radios with four antennas have five. */
const presentWordsMax = 32;

/** Bits of a word of present fields. */
const bits = {
  flags: 1,
  channel: 3,
  antennaSignal: 5,
  radiotapFollows: 29,
  vendorFollows: 30,
  wordFollows: 31,
} as const;
/** The highest bit that stands for a field. */
const fieldBitMax = 28;
const badFcsFlag = 0x40;

/** Alignment and length of the fields, by their bits. What is not here has no length that could be passed over. */
const fields = new Map<number, readonly [align: number, bytes: number]>([
  [0, [8, 8]],
  [1, [1, 1]],
  [2, [1, 1]],
  [3, [2, 4]],
  [4, [2, 2]],
  [5, [1, 1]],
  [6, [1, 1]],
  [7, [2, 2]],
  [8, [2, 2]],
  [9, [2, 2]],
  [10, [1, 1]],
  [11, [1, 1]],
  [12, [1, 1]],
  [13, [1, 1]],
  [14, [2, 2]],
  [15, [2, 2]],
  [16, [1, 1]],
  [17, [1, 1]],
  [18, [4, 8]],
  [19, [1, 3]],
  [20, [4, 8]],
  [21, [2, 12]],
  [22, [8, 12]],
  [23, [2, 12]],
  [24, [2, 12]],
  [25, [2, 6]],
  [26, [1, 1]],
  [27, [2, 4]],
]);

/** Reads the header at the beginning of a captured frame. Never throws, whatever the octets. */
export function parseRadiotap(bytes: Buffer): RadiotapParsed {
  if (bytes.length < headerBytesMin) return bad(`${bytes.length} octets, expected ${headerBytesMin} or more`);
  if (bytes.readUInt8(0) !== 0) return bad(`version ${bytes.readUInt8(0)}, expected 0`);
  const length = bytes.readUInt16LE(2);
  if (length < headerBytesMin || length > bytes.length) {
    return bad(`a header of ${length} octets, expected ${headerBytesMin} to the ${bytes.length} that were captured`);
  }
  const header = bytes.subarray(0, length);
  const words = presentWords(header);
  if (words === undefined) return bad(`more words of present fields than fit, or than ${presentWordsMax}`);
  return fieldsOf(header, words);
}

function presentWords(header: Buffer): readonly number[] | undefined {
  const words: number[] = [];
  for (let at = 4; at + 4 <= header.length && words.length < presentWordsMax; at += 4) {
    const word = header.readUInt32LE(at);
    words.push(word);
    if (!has(word, bits.wordFollows)) return words;
  }
  return undefined;
}

/** Goes through the fields in the order of their bits. Behind a field of unknown length nothing can be found any more: what was until there counts. */
function fieldsOf(header: Buffer, words: readonly number[]): RadiotapParsed {
  const found: { rssiDbm?: number; channelMhz?: number; isFaulty: boolean } = { isFaulty: false };
  const result = (): RadiotapParsed => ({ ok: true, radiotap: { length: header.length, ...found } });
  let at = 4 + 4 * words.length;
  let isVendor = false;
  for (const word of words) {
    // The fields of a vendor's words are passed over as one, where they begin.
    for (let bit = 0; !isVendor && bit <= fieldBitMax; bit += 1) {
      if (!has(word, bit)) continue;
      const field = fields.get(bit);
      if (field === undefined) return result();
      const [align, fieldBytes] = field;
      at = aligned(at, align);
      if (at + fieldBytes > header.length) return bad(`the field of bit ${bit} does not fit into the header`);
      if (bit === bits.flags) found.isFaulty ||= (header.readUInt8(at) & badFcsFlag) !== 0;
      else if (bit === bits.channel) found.channelMhz ??= header.readUInt16LE(at);
      else if (bit === bits.antennaSignal) found.rssiDbm ??= header.readInt8(at);
      at += fieldBytes;
    }
    if (has(word, bits.vendorFollows)) {
      const end = endOfVendorFields(header, at);
      if (end === undefined) return bad("a vendor's fields do not fit into the header");
      at = end;
      isVendor = true;
    } else if (has(word, bits.radiotapFollows)) isVendor = false;
  }
  return result();
}

/** A vendor's fields begin with its number, 3 octets, one of its own, and how many octets follow. */
function endOfVendorFields(header: Buffer, at: number): number | undefined {
  const begin = aligned(at, 2);
  if (begin + 6 > header.length) return undefined;
  const end = begin + 6 + header.readUInt16LE(begin + 4);
  return end > header.length ? undefined : end;
}

const has = (word: number, bit: number): boolean => ((word >>> bit) & 1) === 1;
const aligned = (at: number, align: number): number => Math.ceil(at / align) * align;
const bad = (problem: string): RadiotapParsed => ({ ok: false, problem: `radiotap: ${problem}` });
