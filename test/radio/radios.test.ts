import { setTimeout as wait } from 'node:timers/promises';
import { AddressClass, ClockQuality, DeviceClass, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { networkKey } from './network-key.ts';
import { type RadioBox, radioBox } from './radio-box.ts';
import { accessPoint, connectedClient, monitorInterface, probingClients, scanInterface } from './wifi-air.ts';

const resumeMsMax = 20_000;
/** A channel that no country allows. */
const forbiddenChannel = 177;

const devices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'ble', address: 'c4:5e:9f:01:02:03', addressType: 'random', rssiDbm: -72, intervalMs: 300 },
  { kind: 'ble', address: '5a:17:c0:ff:ee:01', addressType: 'random', rssiDbm: -83, intervalMs: 400 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
  { kind: 'classic', address: '00:1a:7d:da:71:14', classOfDevice: 0x240408, rssiDbm: -67 },
];

interface Expected {
  readonly address: string;
  readonly kind: Kind;
  readonly addressClass: AddressClass;
  readonly rssiPeakDbm: number;
  readonly deviceClass?: DeviceClass;
}

const {
  ADDRESS_CLASS_PUBLIC: globalAddress,
  ADDRESS_CLASS_LOCAL: local,
  ADDRESS_CLASS_RANDOM_STATIC: staticAddress,
  ADDRESS_CLASS_RANDOM_RESOLVABLE: resolvable,
} = AddressClass;
const { KIND_BLE: ble, KIND_CLASSIC: classic, KIND_WIFI: wifi } = Kind;
const { DEVICE_CLASS_PHONE: phone, DEVICE_CLASS_CAR_KIT: carKit } = DeviceClass;

const bluetoothEvents: readonly Expected[] = [
  { address: '40:f3:08:11:22:33', kind: ble, addressClass: globalAddress, rssiPeakDbm: -61 },
  { address: 'c4:5e:9f:01:02:03', kind: ble, addressClass: staticAddress, rssiPeakDbm: -72 },
  { address: '5a:17:c0:ff:ee:01', kind: ble, addressClass: resolvable, rssiPeakDbm: -83 },
  { address: '00:1a:7d:da:71:13', kind: classic, addressClass: globalAddress, rssiPeakDbm: -58, deviceClass: phone },
  { address: '00:1a:7d:da:71:14', kind: classic, addressClass: globalAddress, rssiPeakDbm: -67, deviceClass: carKit },
];
/** Who is not connected is heard at -50 dBm there. */
const [firstProbing, secondProbing] = probingClients.map(({ address }) => address);
const wifiEvents: readonly Expected[] = [
  { address: connectedClient.address, kind: wifi, addressClass: globalAddress, rssiPeakDbm: -40 },
  { address: firstProbing ?? '', kind: wifi, addressClass: globalAddress, rssiPeakDbm: -50 },
  { address: secondProbing ?? '', kind: wifi, addressClass: local, rssiPeakDbm: -50 },
];
/** Listed by NetworkManager, whose scale ends at -40 dBm: were its own frames taken, it would be -30. */
const accessPointEvent: Expected = {
  address: accessPoint.address,
  kind: wifi,
  addressClass: globalAddress,
  rssiPeakDbm: -40,
};

let world: RadioBox;

beforeAll(async () => {
  // A gap that is longer than two answers of a classic device, or two lists of access points, can be apart.
  const passages = ['--passage-gap-seconds', '10', '--passage-seconds-max', '16'];
  const channels = ['--wifi-channels', `1,6,${forbiddenChannel}`, '--wifi-dwell-ms', '400', '--wifi-scan-seconds', '5'];
  world = await radioBox(...passages, ...channels);
}, 240_000);
afterAll(() => world?.[Symbol.asyncDispose]());

test('each device of every radio becomes an event with its kind, address class, device class, RSSI, and the pseudonym that the key gives', async () => {
  const { adapter, air, box, server, machine } = world;
  const own = (await machine.shell(`cat /sys/class/net/${scanInterface}/address`)).trim();
  const fromMs = await adapter.setDevices(devices);
  await air.startClients();
  await wait(12_000);
  await adapter.setDevices([]);
  await air.stopClients();
  const expected = [...bluetoothEvents, ...wifiEvents, accessPointEvent];
  // The box's own radio, which lists access points, is heard by the one that monitors.
  const ownId = networkKey.pseudonymOf('wifi', own);
  const events = await until('an event of each', async () => {
    const all = (await listEvents(server.query)).filter(({ deviceId }) => deviceId !== ownId);
    return all.length >= expected.length ? all : undefined;
  });

  const kinds = { [ble]: 'ble', [classic]: 'classic', [wifi]: 'wifi' } as Partial<Record<Kind, string>>;
  expect(
    events.map(({ kind, addressClass, deviceId, rssiPeakDbm, deviceClass }) => ({
      kind,
      addressClass,
      rssiPeakDbm,
      deviceClass,
      deviceId,
    })),
  ).toEqual(
    expect.arrayContaining(
      expected.map(({ address, kind, addressClass, rssiPeakDbm, deviceClass }) => ({
        kind,
        addressClass,
        rssiPeakDbm,
        deviceClass,
        deviceId: networkKey.pseudonymOf(kinds[kind] ?? '', address),
      })),
    ),
  );
  expect(events).toHaveLength(expected.length);
  for (const { deviceId, firstSeenNs, lastSeenNs, clockQuality, resident } of events) {
    expect(clockQuality).toBe(ClockQuality.CLOCK_QUALITY_SYNCHRONISED);
    const isAccessPoint = deviceId === networkKey.pseudonymOf('wifi', accessPoint.address);
    expect(resident).toBe(isAccessPoint);
    if (isAccessPoint) continue;
    expect(Number(firstSeenNs / 1_000_000n)).toBeGreaterThanOrEqual(fromMs);
    expect(Number((lastSeenNs - firstSeenNs) / 1_000_000n)).toBeLessThan(16_000);
  }

  const status = await box.reports('all acknowledged', ({ events: { acknowledged, in_outbox } }) => {
    return acknowledged >= expected.length && in_outbox === 0;
  });
  const { advertisements, answers } = await adapter.count();
  // What comes while noble starts its scan anew is not heard.
  expect(scannerOf(status, 'ble').sightings).toBeGreaterThan(0.8 * advertisements);
  expect(scannerOf(status, 'ble').sightings).toBeLessThanOrEqual(advertisements);
  expect(scannerOf(status, 'classic').sightings).toBe(answers);
  // Each scanner tells of itself: a channel that the radio refuses keeps the others of this one from nothing, and no other scanner at all.
  expect(scannerOf(status, 'wifi-monitor').last_error).toMatch(/^wlan4 does not go to channel 177: iw: /);
  expect(scannerOf(status, 'wifi-monitor').malformed).toBe(0);
  expect(scannerOf(status, 'wifi-access-points')).toMatchObject({ state: 'running', last_error: '', malformed: 0 });
}, 240_000);
