import { describe, expect, test } from 'vitest';
import { randomOf } from '../../simulation/random.ts';
import { parseFrame } from './frame.ts';
import { parseHeard } from './heard.ts';
import { madeUpCapture, mutated, octets, wholeBelow } from './made-up-capture.ts';
import { parseRadiotap } from './radiotap.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

/** As mac80211 of Linux 6.1 writes it: time, flags, rate, channel, signal, antenna, receive flags. */
const header = '00 00 1a 00 2f 48 00 00 6b fa 65 26 21 61 06 00 00 02 85 09 a0 00 ce 00 00 00';
const client = '3c 22 fb aa bb 01';
const accessPoint = '3c 84 6a 00 00 01';
const everybody = 'ff ff ff ff ff ff';
/** Frame control of two octets, then receiver, sender, network, and the beginning of a body. */
const frame = (control: string, receiver: string, sender: string, network: string) =>
  `${control} 00 00 ${receiver} ${sender} ${network} 10 00 00 01 58`;

/** The address of the client that is heard, 'other' when none is, or what is wrong. */
function heard(frameHex: string, headerHex = header): string {
  const parsed = parseHeard(bytes(`${headerHex} ${frameHex}`));
  return parsed.ok ? (parsed.address ?? 'other') : parsed.problem;
}

describe('a frame', () => {
  test.each([
    ['a probe request', '40 00', everybody, client, everybody],
    ['a request to associate', '00 00', accessPoint, client, accessPoint],
    ['a request to associate again', '20 00', accessPoint, client, accessPoint],
    ['an authentication to the access point', 'b0 00', accessPoint, client, accessPoint],
    ['a farewell to the access point', 'c0 00', accessPoint, client, accessPoint],
    ['an action to the access point', 'd0 00', accessPoint, client, accessPoint],
    ['data to the access point', '08 41', accessPoint, client, '33 33 00 00 00 16'],
    ['data with a quality of service', '88 01', accessPoint, client, accessPoint],
    ['no data, of a client that goes to sleep', '48 11', accessPoint, client, accessPoint],
    ['no data with a quality of service', 'c8 01', accessPoint, client, accessPoint],
  ])('that is %s is of a client', (_, control, receiver, sender, network) => {
    expect(heard(frame(control, receiver, sender, network))).toBe('3c:22:fb:aa:bb:01');
  });

  test.each([
    ['a beacon', '80 00', everybody, accessPoint, accessPoint],
    ['a probe response', '50 00', client, accessPoint, accessPoint],
    ['an answer to an association', '10 00', client, accessPoint, accessPoint],
    ['an authentication of the access point', 'b0 00', client, accessPoint, accessPoint],
    ['a farewell of the access point', 'c0 00', client, accessPoint, accessPoint],
    ['an action to everybody', 'd0 00', everybody, client, everybody],
    ['data of the access point', '08 02', client, accessPoint, accessPoint],
    ['data between two access points', '08 03', accessPoint, client, accessPoint],
    ['data between two clients', '08 00', client, client, accessPoint],
    ['a control frame', 'b4 00', accessPoint, client, accessPoint],
    ['of another band', '3c 00', accessPoint, client, accessPoint],
  ])('that is %s is nobody’s', (_, control, receiver, sender, network) => {
    expect(heard(frame(control, receiver, sender, network))).toBe('other');
  });

  test('with a short end is told as such, and a short control frame is none of ours', () => {
    expect(heard('40 00 00 00 ff ff ff ff ff ff 3c 22 fb aa bb 01')).toBe('802.11: 16 octets, expected 24 or more');
    expect(heard('40')).toBe('802.11: 1 octets, expected 2 or more');
    expect(heard('d4 00 00 00 3c 22 fb aa bb 01')).toBe('other');
    expect(heard(frame('41 00', everybody, client, everybody))).toBe('802.11: version 1, expected 0');
  });

  test('that a group address has sent is malformed, and one of an access point with such an address is not looked at', () => {
    const problem = '802.11: sent by a group address, expected that of one station';
    expect(heard(frame('40 00', everybody, '3d 22 fb aa bb 01', everybody))).toBe(problem);
    expect(heard(frame('80 00', everybody, '3d 22 fb aa bb 01', everybody))).toBe('other');
  });

  test('that was heard with faults is passed over', () => {
    expect(heard(frame('40 00', everybody, client, everybody), '00 00 09 00 02 00 00 00 10')).toBe('3c:22:fb:aa:bb:01');
    expect(heard(frame('40 00', everybody, client, everybody), '00 00 09 00 02 00 00 00 50')).toBe('other');
  });
});

describe('a radiotap header', () => {
  const radiotap = (hex: string) => {
    const parsed = parseRadiotap(bytes(hex));
    return parsed.ok ? parsed.radiotap : parsed.problem;
  };

  test('of mac80211 has signal and channel', () => {
    expect(radiotap(header)).toEqual({ length: 26, rssiDbm: -50, channelMhz: 2437, isFaulty: false });
  });

  test('has the signal of all antennas before those of each', () => {
    // Two words of single antennas follow, with a signal and a number each.
    expect(radiotap('00 00 15 00 20 00 00 a0 20 08 00 a0 20 08 00 00 d0 cc 00 ca 01')).toMatchObject({ rssiDbm: -48 });
    expect(radiotap('00 00 0f 00 00 00 00 a0 20 08 00 00 cc 00 00')).toMatchObject({ rssiDbm: -52 });
  });

  test('has the fields of a vendor passed over, and what follows them read', () => {
    // A vendor's word after the first, then radiotap's own again.
    const words = '00 00 00 c0 ff 00 00 a0 20 00 00 00';
    expect(radiotap(`00 00 1a 00 ${words} 00 11 22 05 03 00 aa bb cc bd`)).toMatchObject({ rssiDbm: -67 });
    expect(radiotap('00 00 0e 00 00 00 00 40 00 11 22 05 ff ff')).toBe(
      "radiotap: a vendor's fields do not fit into the header",
    );
  });

  test('is aligned from its own beginning', () => {
    // Flags, then a channel at an even place.
    expect(radiotap('00 00 0e 00 0a 00 00 00 10 00 6c 09 00 00')).toMatchObject({ channelMhz: 2412 });
  });

  test('with a field of unknown length has what comes before it', () => {
    expect(radiotap('00 00 09 00 20 00 00 10 c4')).toMatchObject({ rssiDbm: -60 });
  });

  test('without a signal, or with one that no radio has, gives none', () => {
    const rssiOf = (hex: string) => {
      const parsed = parseHeard(bytes(`${hex} ${frame('40 00', everybody, client, everybody)}`));
      return parsed.ok ? parsed.rssiDbm : parsed.problem;
    };
    expect(rssiOf('00 00 08 00 00 00 00 00')).toBeUndefined();
    expect(rssiOf('00 00 09 00 20 00 00 00 7f')).toBeUndefined();
    expect(rssiOf('00 00 09 00 20 00 00 00 80')).toBeUndefined();
    expect(rssiOf('00 00 09 00 20 00 00 00 81')).toBe(-127);
  });

  test.each([
    ['', 'radiotap: 0 octets, expected 8 or more'],
    ['01 00 08 00 00 00 00 00', 'radiotap: version 1, expected 0'],
    ['00 00 07 00 00 00 00 00', 'radiotap: a header of 7 octets, expected 8 to the 8 that were captured'],
    ['00 00 ff ff 00 00 00 00', 'radiotap: a header of 65535 octets, expected 8 to the 8 that were captured'],
    ['00 00 08 00 00 00 00 80', 'radiotap: more words of present fields than fit, or than 32'],
    ['00 00 08 00 20 00 00 00', 'radiotap: the field of bit 5 does not fit into the header'],
  ])('%j is %s', (hex, problem) => {
    expect(radiotap(hex)).toBe(problem);
  });
});

/** Generated and mutated captures, half each. */
const captures = 120_000;
/** Words, and numbers of two octets at most: no address fits in. */
const problemPattern = /^(radiotap|802\.11): (?:[A-Za-z ,']|(?<!\d)\d{1,5}(?!\d))+$/;

test('of every frame that is made up the sender and the signal are read; whatever becomes of its octets, it is within bounds or a problem that tells no address', () => {
  const random = randomOf('captures', 1);
  const count = { clients: 0, others: 0, read: 0, problems: 0 };
  for (let each = 0; each < captures / 2; each += 1) {
    const made = madeUpCapture(random);
    const radiotap = parseRadiotap(made.bytes);
    if (!radiotap.ok) throw new Error(`${radiotap.problem}: ${made.bytes.toString('hex')}`);
    const { length, rssiDbm, channelMhz, isFaulty } = radiotap.radiotap;
    const sender = parseFrame(made.bytes.subarray(length));
    const address = sender.ok && sender.sender.type === 'client' ? sender.sender.address : undefined;
    if (
      !sender.ok ||
      rssiDbm !== made.rssiDbm ||
      channelMhz !== made.channelMhz ||
      isFaulty !== made.isFaulty ||
      address !== (made.isOfClient ? made.sender : undefined)
    ) {
      throw new Error(`${JSON.stringify(made)} was read as ${JSON.stringify([radiotap, sender])}`);
    }
    count[made.isOfClient ? 'clients' : 'others'] += 1;

    const changed = random.chance(0.9) ? mutated(random, made.bytes) : octets(random, wholeBelow(random, 80));
    const parsed = parseHeard(changed);
    if (!parsed.ok) {
      count.problems += 1;
      if (!problemPattern.test(parsed.problem)) throw new Error(parsed.problem);
      continue;
    }
    count.read += 1;
    if (parsed.address !== undefined && !/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(parsed.address)) {
      throw new Error('address');
    }
    const { rssiDbm: rssi = 0 } = parsed;
    if (rssi < -127 || rssi > 20) throw new Error('bounds');
  }
  for (const some of Object.values(count)) expect(some).toBeGreaterThan(10_000);
}, 60_000);
