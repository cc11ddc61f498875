import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHciPacket } from './hci-packet.ts';

const packet = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
/** The event of a packet that must be right. */
function eventOf(hex: string) {
  const parsed = parseHciPacket(packet(hex));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.event;
}
const problemOf = (hex: string) => {
  const parsed = parseHciPacket(packet(hex));
  return parsed.ok ? undefined : parsed.problem;
};
const eir = (text: string) => `${text.replaceAll(/\s/g, '')}`.padEnd(480, '0');

/** Frames written down by hand from the layouts of volume 4, part E, section 7.7. */
describe('an inquiry result', () => {
  test('of the plain kind has addresses and classes, and no RSSI', () => {
    // one device: address, repetition mode, two reserved, class, clock offset
    expect(eventOf('04 02 0f 01 13 71 da 7d 1a 00  01 00 00  0c 02 5a  34 12')).toEqual({
      type: 'inquiry-result',
      devices: [{ address: '00:1a:7d:da:71:13', deviceClass: 0x5a020c }],
    });
  });

  test('with RSSI has it for each of its devices', () => {
    const one = '13 71 da 7d 1a 00  01 00  0c 02 5a  34 12  be';
    const two = '03 02 01 bf d5 f0  02 00  18 04 24  00 00  af';
    expect(eventOf(`04 22 1d 02 ${one} ${two}`)).toEqual({
      type: 'inquiry-result',
      devices: [
        { address: '00:1a:7d:da:71:13', deviceClass: 0x5a020c, rssiDbm: -66 },
        { address: 'f0:d5:bf:01:02:03', deviceClass: 0x240418, rssiDbm: -81 },
      ],
    });
  });

  test('of the extended kind has one device, whatever it says of itself', () => {
    const device = '13 71 da 7d 1a 00  01 00  0c 02 5a  34 12  be';
    expect(eventOf(`04 2f ff 01 ${device} ${eir('09 09 47 61 6c 61 78 79 20 53')}`)).toEqual({
      type: 'inquiry-result',
      devices: [{ address: '00:1a:7d:da:71:13', deviceClass: 0x5a020c, rssiDbm: -66 }],
    });
  });

  test('of a controller that does not know the RSSI has none', () => {
    for (const rssi of ['7f', '80', '15']) {
      const event = eventOf(`04 22 0f 01 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12 ${rssi}`);
      expect(event).toEqual({
        type: 'inquiry-result',
        devices: [{ address: '00:1a:7d:da:71:13', deviceClass: 0x5a020c }],
      });
    }
  });

  test('that is cut off, too long or empty is told as such', () => {
    expect(problemOf('04 22 0e 01 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12')).toBe(
      'event 0x22: 14 octets for 1 devices, expected 15',
    );
    expect(problemOf('04 22 0f 02 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12 be')).toBe(
      'event 0x22: 15 octets for 2 devices, expected 29',
    );
    expect(problemOf('04 02 00')).toBe('event 0x02: 0 octets of parameters, expected 1');
    expect(problemOf('04 02 01 00')).toBe('event 0x02: no device, expected one or more');
    expect(problemOf(`04 2f ff 02 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12 be ${eir('')}`)).toBe(
      'event 0x2f: 2 devices, expected one',
    );
    expect(problemOf('04 2f 07 01 13 71 da 7d 1a 00')).toBe('event 0x2f: 7 octets of parameters, expected 255');
    expect(problemOf('04 22 ff 01 13 71 da 7d 1a 00')).toBe(
      'event 0x22: 7 octets of parameters, expected 255 as its header says',
    );
  });
});

test('the end of an inquiry, and the answers to commands, say how it went', () => {
  expect(eventOf('04 01 01 00')).toEqual({ type: 'inquiry-complete', status: 0 });
  expect(eventOf('04 0e 04 01 45 0c 11')).toEqual({ type: 'command-complete', opcode: 0x0c45, status: 0x11 });
  expect(eventOf('04 0e 03 01 00 00')).toEqual({ type: 'command-complete', opcode: 0, status: undefined });
  expect(eventOf('04 0f 04 0c 01 01 04')).toEqual({ type: 'command-status', opcode: 0x0401, status: 0x0c });
  expect(problemOf('04 01 00')).toBe('event 0x01: 0 octets of parameters, expected 1');
  expect(problemOf('04 0e 02 01 45')).toBe('event 0x0e: 2 octets of parameters, expected 3');
  expect(problemOf('04 0f 03 0c 01 01')).toBe('event 0x0f: 3 octets of parameters, expected 4');
});

test('what nobody asked for is passed over, and what is no packet is told', () => {
  expect(eventOf('04 13 05 01 2a 00 01 00')).toEqual({ type: 'other' });
  expect(eventOf('01 03 0c 00')).toEqual({ type: 'other' });
  expect(eventOf('02 2a 20 04 00 00 00 04 00')).toEqual({ type: 'other' });
  expect(problemOf('')).toBe('an empty packet');
  expect(problemOf('04 22')).toBe('an event without a header');
});

const octet = fc.integer({ min: 0, max: 255 });
const octets = (maxLength: number) => fc.array(octet, { maxLength, size: 'max' });
const code = fc.constantFrom(0x01, 0x02, 0x0e, 0x0f, 0x22, 0x2f, 0x3e, 0x05);
/** Events whose header fits, of any code, with a number of devices that may. */
const event = fc
  .tuple(code, fc.integer({ min: 0, max: 20 }), octets(60))
  .map(([code, count, rest]) => Buffer.from([0x04, code, rest.length + 1, count, ...rest]));
const entry = fc.array(octet, { minLength: 14, maxLength: 14 });
const result = fc
  .tuple(fc.constantFrom(0x02, 0x22), fc.array(entry, { minLength: 1, maxLength: 18 }))
  .map(([code, entries]) => Buffer.from([0x04, code, 1 + 14 * entries.length, entries.length, ...entries.flat()]));
const extended = entry.map((entry) => Buffer.from([0x04, 0x2f, 255, 1, ...entry, ...new Array<number>(240).fill(0)]));
/** Right ones, with octets changed, and cut or made longer. */
const mutated = fc
  .tuple(fc.oneof(result, extended, event), fc.array(fc.tuple(fc.nat(300), octet), { maxLength: 4 }), fc.nat(270))
  .map(([bytes, changes, length]) => {
    const copy = Buffer.alloc(length);
    bytes.copy(copy);
    for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
    return copy;
  });
const noise = octets(40).map((bytes) => Buffer.from(bytes));
/** 110,000 frames in all, under 20 s. */
const numRuns = 110_000;

test('whatever a controller sends, it is an event within bounds or a problem that tells no address', () => {
  const count = { ok: 0, devices: 0, problems: 0 };
  fc.assert(
    fc.property(fc.oneof(result, extended, event, mutated, noise), (frame) => {
      const parsed = parseHciPacket(frame);
      if (!parsed.ok) {
        count.problems += 1;
        // Words and numbers of at most three digits: no address fits in.
        expect(parsed.problem).toMatch(/^(an (empty packet|event without a header)|event 0x[0-9a-f]{2}: [a-z0-9 ,]+)$/);
        return;
      }
      count.ok += 1;
      if (parsed.event.type !== 'inquiry-result') return;
      for (const { address, deviceClass, rssiDbm = 0 } of parsed.event.devices) {
        count.devices += 1;
        if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address)) throw new Error('address');
        if (deviceClass < 0 || deviceClass > 0xff_ff_ff || rssiDbm < -127 || rssiDbm > 20) throw new Error('bounds');
      }
    }),
    { numRuns },
  );
  expect(count.ok + count.problems).toBe(numRuns);
  for (const some of Object.values(count)) expect(some).toBeGreaterThan(10_000);
}, 60_000);
