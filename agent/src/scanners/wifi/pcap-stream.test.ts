import { InvalidInputError } from '@tdc/shared/errors.ts';
import { describe, expect, test } from 'vitest';
import { type Random, randomOf } from '../../simulation/random.ts';
import { madeUpCapture, mutated, wholeBelow } from './made-up-capture.ts';
import { type CapturedFrame, PcapStream } from './pcap-stream.ts';

const frameBytesMax = 512;

interface Writing {
  readonly isLittleEndian: boolean;
  readonly inNanoseconds: boolean;
}
const writings: readonly Writing[] = [true, false].flatMap((isLittleEndian) =>
  [true, false].map((inNanoseconds) => ({ isLittleEndian, inNanoseconds })),
);

/** A stream of these frames as a machine would write it. */
function streamOf(
  frames: readonly CapturedFrame[],
  { isLittleEndian, inNanoseconds }: Writing,
  linkType = 127,
): Buffer {
  const words = (...values: readonly number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [at, value] of values.entries()) {
      if (isLittleEndian) bytes.writeUInt32LE(value, 4 * at);
      else bytes.writeUInt32BE(value, 4 * at);
    }
    return bytes;
  };
  const version = isLittleEndian ? 0x0004_0002 : 0x0002_0004;
  const records = frames.map(({ timeMs, bytes }) => {
    const units = (timeMs % 1000) * (inNanoseconds ? 1_000_000 : 1000) + 7;
    return Buffer.concat([words(Math.floor(timeMs / 1000), units, bytes.length, bytes.length + 100), bytes]);
  });
  const magic = inNanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4;
  return Buffer.concat([words(magic, version, 0, 0, frameBytesMax, linkType), ...records]);
}

function* piecesOf(random: Random, bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + wholeBelow(random, random.chance(0.3) ? 5 : 300);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

const madeUpFrames = (random: Random): readonly CapturedFrame[] =>
  Array.from({ length: wholeBelow(random, 4) }, () => ({
    timeMs: 1_700_000_000_000 + wholeBelow(random, 1_000_000_000),
    bytes: madeUpCapture(random).bytes.subarray(0, frameBytesMax),
  }));

const read = (bytes: Buffer): readonly CapturedFrame[] => [...new PcapStream(frameBytesMax).of(bytes)];

describe('a pcap stream', () => {
  const frame = { timeMs: 1_700_000_000_123, bytes: Buffer.from('0102030405', 'hex') };
  const right = streamOf([frame], { isLittleEndian: true, inNanoseconds: false });
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(right);
    copy.writeUInt32LE(value, at);
    return copy;
  };

  test.each(writings)('of %o is read', (writing) => {
    expect(read(streamOf([frame, frame], writing))).toEqual([frame, frame]);
  });

  test('has begun with its header, and gives a frame once it is whole', () => {
    const stream = new PcapStream(frameBytesMax);
    expect([...stream.of(right.subarray(0, 23))]).toEqual([]);
    expect(stream.hasBegun).toBe(false);
    expect([...stream.of(right.subarray(23, -1))]).toEqual([]);
    expect(stream.hasBegun).toBe(true);
    expect([...stream.of(right.subarray(-1))]).toEqual([frame]);
  });

  test.each([
    ['of another format', changed(0, 0x0a0d_0d0a), 'pcap: expected the first octets of a pcap stream'],
    ['of another version', changed(4, 3), 'pcap: expected version 2 of the format'],
    ['of cables', changed(20, 1), 'pcap: link type 1, expected 127 (802.11 with radiotap)'],
    ['with a time that is none', changed(28, 1_000_000), /^pcap: out of step: a time/],
    ['with a frame that is too long', changed(32, 0xaabb_ccdd), /longer than the 512 octets that are captured$/],
    ['with more than there was', changed(36, 4), 'pcap: out of step: more of a frame than there was'],
  ])('%s is an error', (_, bytes, problem) => {
    expect(() => read(bytes)).toThrow(InvalidInputError);
    expect(() => read(bytes)).toThrow(problem);
  });
});

/** Generated and mutated streams, half each, of up to three frames. */
const streams = 100_000;
const problemPattern = /^pcap: [a-z0-9:,. ()]+$/;

test('every stream that is made up is read in whatever pieces it comes; whatever becomes of its octets, it gives frames within bounds or an error that tells no address', () => {
  const random = randomOf('streams', 1);
  const count = { frames: 0, ofChanged: 0, errors: 0 };
  for (let each = 0; each < streams / 2; each += 1) {
    const frames = madeUpFrames(random);
    const bytes = streamOf(frames, random.pick(writings) ?? { isLittleEndian: true, inNanoseconds: false });
    const stream = new PcapStream(frameBytesMax);
    const found: CapturedFrame[] = [];
    for (const piece of piecesOf(random, bytes)) found.push(...stream.of(piece));
    expect(found.map(({ timeMs }) => timeMs)).toEqual(frames.map(({ timeMs }) => timeMs));
    for (const [at, frame] of frames.entries())
      if (found[at]?.bytes.equals(frame.bytes) !== true) throw new Error('bytes');
    count.frames += frames.length;

    const other = new PcapStream(frameBytesMax);
    try {
      for (const piece of piecesOf(random, mutated(random, bytes))) {
        for (const { timeMs, bytes } of other.of(piece)) {
          count.ofChanged += 1;
          if (bytes.length > frameBytesMax || !Number.isSafeInteger(timeMs) || timeMs < 0) throw new Error('bounds');
        }
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      count.errors += 1;
      expect(error.message).toMatch(problemPattern);
      // Of the stream itself nothing but the type of its link.
      for (const [number] of error.message.matchAll(/\d+/g)) expect(number.length).toBeLessThanOrEqual(5);
    }
  }
  expect(count.frames).toBeGreaterThan(50_000);
  expect(count.ofChanged).toBeGreaterThan(10_000);
  expect(count.errors).toBeGreaterThan(5000);
}, 60_000);
