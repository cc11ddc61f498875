import { KeyChain } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { tagOf } from '@tdc/shared/pseudonym.ts';
import { describe, expect, test } from 'vitest';
import type { Sighting } from '../sighting.ts';
import { deviceLine } from './device-line.ts';
import { HeardDevices } from './heard-devices.ts';

const epoch = 20_650;
const startMs = keyEpochsOf('UTC').startMs(epoch) + 3_600_000;
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const keys = new KeyChain({ network: 'tdc', timeZone: 'UTC', epoch, key }, { overlapMs: 0, tagBits: 32 });
const heard = (atMs: number, given: Partial<Sighting> = {}): Sighting => ({
  timeMs: startMs + atMs,
  kind: 'classic',
  address: '80:91:a2:b3:c4:d5',
  addressType: 'public',
  ...given,
});

describe('a device that is heard', () => {
  test('has the pseudonym of its events, its last and its strongest RSSI, and its class in a word', () => {
    const devices = new HeardDevices({ keys, keepsAddresses: false });
    devices.take(heard(0, { rssiDbm: -70 }));
    devices.take(heard(10, { rssiDbm: -55, deviceClass: 0x24_04_08 }));
    devices.take(heard(20, { rssiDbm: -61 }));
    expect(devices.list()).toEqual([
      {
        kind: 'classic',
        addressClass: 'public',
        deviceId: tagOf(key, 'tdc', 'classic', '80:91:a2:b3:c4:d5', 32),
        deviceClass: 'car-kit',
        rssiLastDbm: -61,
        rssiPeakDbm: -55,
        sightings: 3,
        firstSeenMs: startMs,
        lastSeenMs: startMs + 20,
        address: undefined,
      },
    ]);
    expect(devices.sightings).toBe(3);
  });

  test('keeps its address only where that is asked for, in a form that is safe to print, and never in its line', () => {
    const devices = new HeardDevices({ keys, keepsAddresses: true });
    devices.take(heard(0, { address: '80-91-A2-B3-C4-D5' }));
    devices.take(heard(0, { kind: 'anpr', address: 'B\u0009AB\n1234', addressType: 'unknown' }));
    expect(devices.list().map(({ address }) => address)).toEqual(['80:91:a2:b3:c4:d5', 'BAB1234']);
    for (const line of devices.list().map(deviceLine)) expect(line).not.toMatch(/80:91|BAB1234/);
  });

  test('is told as changed once, until it is heard again', () => {
    const devices = new HeardDevices({ keys, keepsAddresses: false });
    devices.take(heard(0));
    devices.take(heard(5));
    expect(devices.takeChanged().map(({ sightings }) => sightings)).toEqual([2]);
    expect(devices.takeChanged()).toEqual([]);
    devices.take(heard(9));
    expect(devices.takeChanged()).toHaveLength(1);
  });
});

test('beyond the limit the device that was unheard for longest is forgotten', () => {
  const devices = new HeardDevices({ keys, keepsAddresses: false, devicesMax: 2 });
  const octets = ['01', '02', '01', '03'];
  for (const [at, octet] of octets.entries()) devices.take(heard(at, { address: `80:00:00:00:00:${octet}` }));
  expect(devices.list().map(({ firstSeenMs }) => firstSeenMs - startMs)).toEqual([0, 3]);
  expect(devices.takeChanged()).toHaveLength(2);
});

test('what cannot be used is counted and told without its address', () => {
  const devices = new HeardDevices({ keys, keepsAddresses: true });
  for (const wrong of [{ rssiDbm: 127 }, { address: 'de:ad' }, { deviceClass: -1 }]) devices.take(heard(0, wrong));
  expect(devices.malformed).toBe(3);
  expect(devices.lastMalformed).toMatch(/^device class: expected/);
  expect(devices.list()).toEqual([]);
});
