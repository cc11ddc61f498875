import type { DeviceClass } from '@tdc/shared/device-class.ts';
import type { AddressClass, ClockQuality, DetectionEvent, Kind } from '@tdc/shared/event.ts';

/** The numbers that stand in the file. They never change. */
const kindCodes = { classic: 1, ble: 2, wifi: 3, anpr: 4, imsi: 5 } as const satisfies Record<Kind, number>;
const addressClassCodes = {
  public: 1,
  'random-static': 2,
  resolvable: 3,
  'non-resolvable': 4,
  local: 5,
} as const satisfies Record<AddressClass, number>;
const clockQualityCodes = {
  synchronised: 1,
  corrected: 2,
  unsynchronised: 3,
} as const satisfies Record<ClockQuality, number>;

const deviceClassCodes = {
  'car-kit': 1,
  phone: 2,
  headset: 3,
  computer: 4,
  other: 5,
} as const satisfies Record<DeviceClass, number>;

/** Names by code: the tables above, turned round. */
const kindNames = [undefined, 'classic', 'ble', 'wifi', 'anpr', 'imsi'] as const;
const addressClassNames = [undefined, 'public', 'random-static', 'resolvable', 'non-resolvable', 'local'] as const;
const clockQualityNames = [undefined, 'synchronised', 'corrected', 'unsynchronised'] as const;
const deviceClassNames = [undefined, 'car-kit', 'phone', 'headset', 'computer', 'other'] as const;

/** A set of kinds as bits, to test `1 << kind` with; every kind when none is named. */
export const kindMask = (kinds: readonly Kind[]): number =>
  kinds.length === 0 ? -1 : kinds.reduce((mask, kind) => mask | (1 << kindCodes[kind]), 0);

/** The same of device classes. Code 0, which stands for none, is in the mask only when no class is named. */
export const deviceClassMask = (deviceClasses: readonly DeviceClass[]): number =>
  deviceClasses.length === 0 ? -1 : deviceClasses.reduce((mask, each) => mask | (1 << deviceClassCodes[each]), 0);

export const eventColumns = [
  'detector_id',
  'id',
  'device_id',
  'seq',
  'kind',
  'address_class',
  'key_epoch',
  'previous_device_id',
  'reference_time_ms',
  'first_seen_ms',
  'last_seen_ms',
  'rssi_peak_dbm',
  'sightings',
  'resident',
  'clock_quality',
  'made_at_ms',
  'device_class',
] as const;

type Cell = string | number | null;

/** The columns above, in their order. */
export type EventRow = readonly [
  string,
  string,
  string,
  number,
  number,
  number,
  number,
  string | null,
  number,
  number,
  number,
  number | null,
  number,
  number,
  number,
  number,
  number | null,
];

/** Writes an event's columns into a list of parameters from a place on; the list is used again for every statement. */
export function putEventRow(cells: Cell[], at: number, event: DetectionEvent, seq: number): void {
  cells[at] = event.detectorId;
  cells[at + 1] = event.id;
  cells[at + 2] = event.deviceId;
  cells[at + 3] = seq;
  cells[at + 4] = kindCodes[event.kind];
  cells[at + 5] = addressClassCodes[event.addressClass];
  cells[at + 6] = event.keyEpoch;
  cells[at + 7] = event.previousDeviceId ?? null;
  cells[at + 8] = event.referenceTimeMs;
  cells[at + 9] = event.firstSeenMs;
  cells[at + 10] = event.lastSeenMs;
  cells[at + 11] = event.rssiPeakDbm ?? null;
  cells[at + 12] = event.sightings;
  cells[at + 13] = event.resident ? 1 : 0;
  cells[at + 14] = clockQualityCodes[event.clockQuality];
  cells[at + 15] = event.madeAtMs;
  cells[at + 16] = event.deviceClass === undefined ? null : deviceClassCodes[event.deviceClass];
}

export const rowSeq = (row: EventRow): number => row[3];

export function eventOfRow(row: EventRow): DetectionEvent {
  return {
    id: row[1],
    detectorId: row[0],
    kind: named(kindNames, row[4], 'kind'),
    addressClass: named(addressClassNames, row[5], 'address_class'),
    deviceId: row[2],
    keyEpoch: row[6],
    ...(row[7] === null ? {} : { previousDeviceId: row[7] }),
    referenceTimeMs: row[8],
    firstSeenMs: row[9],
    lastSeenMs: row[10],
    ...(row[11] === null ? {} : { rssiPeakDbm: row[11] }),
    sightings: row[12],
    resident: row[13] === 1,
    clockQuality: named(clockQualityNames, row[14], 'clock_quality'),
    madeAtMs: row[15],
    ...(row[16] === null ? {} : { deviceClass: named(deviceClassNames, row[16], 'device_class') }),
  };
}

function named<T extends string>(names: readonly (T | undefined)[], code: number, column: string): T {
  const name = names[code];
  if (name === undefined)
    throw new Error(`the column ${column} of an event holds ${code}, which no version has written`);
  return name;
}
