import { setTimeout as wait } from 'node:timers/promises';
import { AddressClass, ClockQuality, DeviceClass, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { bluetoothBox } from './bluetooth-box.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { networkKey } from './network-key.ts';

const devices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'ble', address: 'c4:5e:9f:01:02:03', addressType: 'random', rssiDbm: -72, intervalMs: 300 },
  { kind: 'ble', address: '5a:17:c0:ff:ee:01', addressType: 'random', rssiDbm: -83, intervalMs: 400 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
  { kind: 'classic', address: '00:1a:7d:da:71:14', classOfDevice: 0x240408, rssiDbm: -67 },
];

const expected = [
  { kind: Kind.KIND_BLE, addressClass: AddressClass.ADDRESS_CLASS_PUBLIC, rssiPeakDbm: -61, deviceClass: undefined },
  {
    kind: Kind.KIND_BLE,
    addressClass: AddressClass.ADDRESS_CLASS_RANDOM_STATIC,
    rssiPeakDbm: -72,
    deviceClass: undefined,
  },
  {
    kind: Kind.KIND_BLE,
    addressClass: AddressClass.ADDRESS_CLASS_RANDOM_RESOLVABLE,
    rssiPeakDbm: -83,
    deviceClass: undefined,
  },
  {
    kind: Kind.KIND_CLASSIC,
    addressClass: AddressClass.ADDRESS_CLASS_PUBLIC,
    rssiPeakDbm: -58,
    deviceClass: DeviceClass.DEVICE_CLASS_PHONE,
  },
  {
    kind: Kind.KIND_CLASSIC,
    addressClass: AddressClass.ADDRESS_CLASS_PUBLIC,
    rssiPeakDbm: -67,
    deviceClass: DeviceClass.DEVICE_CLASS_CAR_KIT,
  },
].map((event, index) => ({
  ...event,
  deviceId: networkKey.pseudonymOf(devices[index]?.kind ?? '', devices[index]?.address ?? ''),
}));

test('each device becomes an event with its kind, address class, device class, RSSI, and the pseudonym that the key gives', async () => {
  // Longer than two answers of a classic device can be apart.
  await using world = await bluetoothBox('--passage-gap-seconds', '10');
  const { adapter, box, server } = world;

  const fromMs = await adapter.setDevices(devices);
  await wait(12_000);
  await adapter.setDevices([]);
  const events = await until('five events', async () => {
    const all = await listEvents(server.query);
    return all.length >= devices.length ? all : undefined;
  });

  expect(
    events.map(({ kind, addressClass, deviceId, rssiPeakDbm, deviceClass }) => ({
      kind,
      addressClass,
      rssiPeakDbm,
      deviceClass,
      deviceId,
    })),
  ).toEqual(expect.arrayContaining(expected));
  expect(events).toHaveLength(expected.length);
  for (const { firstSeenNs, lastSeenNs, clockQuality } of events) {
    expect(Number(firstSeenNs / 1_000_000n)).toBeGreaterThanOrEqual(fromMs);
    expect(Number((lastSeenNs - firstSeenNs) / 1_000_000n)).toBeLessThan(13_000);
    expect(clockQuality).toBe(ClockQuality.CLOCK_QUALITY_SYNCHRONISED);
  }

  const status = await box.reports(
    'all acknowledged',
    ({ events: { acknowledged } }) => acknowledged === devices.length,
  );
  const { advertisements, answers } = await adapter.count();
  // What comes while noble starts its scan anew is not heard.
  expect(scannerOf(status, 'ble').sightings).toBeGreaterThan(0.8 * advertisements);
  expect(scannerOf(status, 'ble').sightings).toBeLessThanOrEqual(advertisements);
  expect(scannerOf(status, 'classic').sightings).toBe(answers);
}, 240_000);
