import { InvalidInputError } from '@tdc/shared/errors.ts';

/** A frame as it was captured. */
export interface CapturedFrame {
  /** Unix milliseconds, by the clock of the kernel. */
  readonly timeMs: number;
  /** From its first octet on; what is beyond the limit of the capture is missing. */
  readonly bytes: Buffer;
}

const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
/** Of frames of 802.11 with what the radio says of them, a radiotap header, before: LINKTYPE_IEEE802_11_RADIOTAP. */
const radiotapLinkType = 127;

interface Format {
  readonly isLittleEndian: boolean;
  /** Units of the part of a time that is below a second. */
  readonly unitsPerMs: number;
}

/** By the first four octets: the order of octets of who writes, and whether times are in microseconds or nanoseconds. */
const formats = new Map<string, Format>([
  ['d4c3b2a1', { isLittleEndian: true, unitsPerMs: 1000 }],
  ['a1b2c3d4', { isLittleEndian: false, unitsPerMs: 1000 }],
  ['4d3cb2a1', { isLittleEndian: true, unitsPerMs: 1_000_000 }],
  ['a1b23c4d', { isLittleEndian: false, unitsPerMs: 1_000_000 }],
]);

/**
 * Frames of a pcap stream that comes in pieces (draft-ietf-opsawg-pcap). What does not fit throws InvalidInputError: where the next frame begins is
 * not known any more. No number out of the stream is in its words but the type of link: once out of step, any can be a piece of an address.
 */
export class PcapStream {
  readonly #frameBytesMax: number;
  #format: Format | undefined;
  /** Less than one frame. */
  #rest: Buffer = Buffer.alloc(0);

  /** `frameBytesMax`: octets of a frame that are captured at most. */
  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Whether the capture has begun. */
  get hasBegun(): boolean {
    return this.#format !== undefined;
  }

  *of(chunk: Buffer): Generator<CapturedFrame> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    if (this.#format === undefined && bytes.length >= fileHeaderBytes) {
      this.#format = formatOf(bytes);
      at = fileHeaderBytes;
    }
    const format = this.#format;
    while (format !== undefined && bytes.length - at >= recordHeaderBytes) {
      const { timeMs, length } = this.#headerOf(bytes.subarray(at, at + recordHeaderBytes), format);
      const end = at + recordHeaderBytes + length;
      if (end > bytes.length) break;
      yield { timeMs, bytes: bytes.subarray(at + recordHeaderBytes, end) };
      at = end;
    }
    // A copy: the piece that it came in is not kept for it.
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #headerOf(header: Buffer, format: Format): { readonly timeMs: number; readonly length: number } {
    const word = (at: number) => wordAt(header, at, format);
    const [seconds, units, length, originalLength] = [word(0), word(4), word(8), word(12)];
    if (units >= 1000 * format.unitsPerMs) throw outOfStep('a time with more than a second below the second');
    if (length > this.#frameBytesMax) {
      throw outOfStep(`a frame that is longer than the ${this.#frameBytesMax} octets that are captured`);
    }
    if (length > originalLength) throw outOfStep('more of a frame than there was');
    return { timeMs: seconds * 1000 + Math.floor(units / format.unitsPerMs), length };
  }
}

function formatOf(header: Buffer): Format {
  const format = formats.get(header.toString('hex', 0, 4));
  if (format === undefined) throw new InvalidInputError('pcap: expected the first octets of a pcap stream');
  const major = format.isLittleEndian ? header.readUInt16LE(4) : header.readUInt16BE(4);
  if (major !== 2) throw new InvalidInputError('pcap: expected version 2 of the format');
  // The upper half says something of the frames' ends.
  const linkType = wordAt(header, 20, format) & 0xffff;
  if (linkType !== radiotapLinkType) {
    throw new InvalidInputError(`pcap: link type ${linkType}, expected ${radiotapLinkType} (802.11 with radiotap)`);
  }
  return format;
}

const wordAt = (bytes: Buffer, at: number, { isLittleEndian }: Format): number =>
  isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);

const outOfStep = (problem: string): InvalidInputError => new InvalidInputError(`pcap: out of step: ${problem}`);
