import { AddressClass, DeviceClass, type Event, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import type { BleDevice, Device } from './guest/bluetooth/air.ts';
import { networkKey } from './network-key.ts';

/** Bluetooth devices, one of each sort that matters. */
export const knownDevices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'ble', address: 'c4:5e:9f:01:02:03', addressType: 'random', rssiDbm: -72, intervalMs: 300 },
  { kind: 'ble', address: '5a:17:c0:ff:ee:01', addressType: 'random', rssiDbm: -83, intervalMs: 400 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
  { kind: 'classic', address: '00:1a:7d:da:71:14', classOfDevice: 0x240408, rssiDbm: -67 },
];

/** What an event must say of a device. */
export type EventFacts = Pick<Event, 'kind' | 'addressClass' | 'deviceId' | 'rssiPeakDbm' | 'deviceClass'>;

/** What the events of the known devices must say, in their order. */
export const knownFacts: readonly EventFacts[] = [
  facts(0, Kind.KIND_BLE, AddressClass.ADDRESS_CLASS_PUBLIC, -61),
  facts(1, Kind.KIND_BLE, AddressClass.ADDRESS_CLASS_RANDOM_STATIC, -72),
  facts(2, Kind.KIND_BLE, AddressClass.ADDRESS_CLASS_RANDOM_RESOLVABLE, -83),
  facts(3, Kind.KIND_CLASSIC, AddressClass.ADDRESS_CLASS_PUBLIC, -58, DeviceClass.DEVICE_CLASS_PHONE),
  facts(4, Kind.KIND_CLASSIC, AddressClass.ADDRESS_CLASS_PUBLIC, -67, DeviceClass.DEVICE_CLASS_CAR_KIT),
];

function facts(
  index: number,
  kind: Kind,
  addressClass: AddressClass,
  rssiPeakDbm: number,
  deviceClass: DeviceClass | undefined = undefined,
): EventFacts {
  const { kind: word = '', address = '' } = knownDevices[index] ?? {};
  return { kind, addressClass, deviceId: networkKey.pseudonymOf(word, address), rssiPeakDbm, deviceClass };
}

export const factsOf = ({ kind, addressClass, deviceId, rssiPeakDbm, deviceClass }: Event): EventFacts => ({
  kind,
  addressClass,
  deviceId,
  rssiPeakDbm,
  deviceClass,
});

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');

/** So many devices with random static addresses, of which those of another crowd, 0 to 255, are no part. */
export const crowd = (size: number, intervalMs: number, which: number): readonly BleDevice[] =>
  Array.from({ length: size }, (_, index) => ({
    kind: 'ble',
    address: `c2:${hex(which)}:00:00:${hex(index >> 8)}:${hex(index & 255)}`,
    addressType: 'random',
    rssiDbm: -50 - (index % 40),
    intervalMs,
  }));
