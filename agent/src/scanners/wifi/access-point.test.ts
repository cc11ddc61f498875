import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { randomOf } from '../../simulation/random.ts';
import { parseAccessPoint } from './access-point.ts';
import { wholeBelow } from './made-up-capture.ts';

/** node-wifi's own reading of nmcli's output, which it does not export. */
const readLines = createRequire(import.meta.url)('node-wifi/src/linux/scan/parser.js') as (
  text: string,
) => readonly Record<string, unknown>[];

/** As nmcli --terse prints a value. */
const escaped = (text: string) => text.replaceAll(/[\\:]/g, '\\$&');
const lineOf = (name: string, address: string, rest = 'Infra:6:2437 MHz:75:WPA2:(none):pair_ccmp group_ccmp psk') =>
  `no:${escaped(name)}:${escaped(address)}:${rest}`;
const parsed = (text: string) => readLines(text).map(parseAccessPoint);

test('an access point has its address, and the dBm that NetworkManager made its percentage of', () => {
  expect(parsed(lineOf('Roadside', '3C:84:6A:00:00:01'))).toEqual([
    { ok: true, address: '3c:84:6a:00:00:01', rssiDbm: -55 },
  ]);
  const rssiOf = (quality: number) =>
    parsed(lineOf('', '3C:84:6A:00:00:01', `Infra:36:5180 MHz:${quality}::(none):(none)`))[0];
  expect(rssiOf(0)).toMatchObject({ rssiDbm: -100 });
  expect(rssiOf(100)).toMatchObject({ rssiDbm: -40 });
});

test('two devices that talk to each other are none', () => {
  expect(parsed(lineOf('x', '3C:84:6A:00:00:01', 'Ad-Hoc:6:2437 MHz:75:::'))).toEqual([{ ok: true }]);
});

test.each([
  ['Infra:0:2437 MHz:75:::', 'access point: channel: expected 1 to 233'],
  ['Infra:six:2437 MHz:75:::', 'access point: channel: expected 1 to 233'],
  ['Infra:6:900 MHz:75:::', 'access point: frequency: expected 2400 to 7200 MHz'],
  ['Infra:6:2437 MHz:101:::', 'access point: signal: expected 0 to 100 %'],
  ['Infra:6:2437 MHz::::', 'access point: signal: expected 0 to 100 %'],
  ['Master:6:2437 MHz:75:::', 'access point: mode: expected one that NetworkManager has'],
])('a line with %s is malformed', (rest, problem) => {
  expect(parsed(lineOf('Secret name', '3C:84:6A:00:00:01', rest))).toEqual([{ ok: false, problem }]);
});

test('no name makes an address that is not there, nor a signal: names of any characters, and of whole lines', () => {
  const random = randomOf('names', 1);
  const address = '3C:84:6A:00:00:01';
  const planted = 'DE:AD:BE:EF:00:01';
  const pieces = [
    planted,
    'Infra',
    '6',
    '2437 MHz',
    '100',
    ':',
    '\\',
    '\n',
    '::',
    'no',
    'yes',
    'x',
    'é',
    ' ',
    '36',
    '5180',
  ];
  let heard = 0;
  let refused = 0;
  for (let each = 0; each < 100_000; each += 1) {
    const name = Array.from({ length: wholeBelow(random, 12) }, () => random.pick(pieces) ?? '').join(
      random.pick([':', '']),
    );
    for (const found of parsed(lineOf(Buffer.from(name).subarray(0, 200).toString(), address))) {
      if (!found.ok) {
        refused += 1;
        if (!/^access point: [a-zA-Z0-9 :%]+$/.test(found.problem)) throw new Error(found.problem);
        continue;
      }
      heard += 1;
      if (found.address !== address.toLowerCase() || found.rssiDbm !== -55) {
        throw new Error(`${JSON.stringify(name)} was read as ${JSON.stringify(found)}`);
      }
    }
  }
  expect(heard).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(10_000);
}, 30_000);
