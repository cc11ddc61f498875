import { durationText } from '@tdc/shared/status-text.ts';
import type { ScannerSnapshot } from '../status.ts';
import { type Align, textTable } from '../text-table.ts';
import type { HeardDevice } from './heard-devices.ts';

/** What a scan shows at a moment. */
export interface ScanView {
  readonly nowMs: number;
  readonly devices: readonly HeardDevice[];
  readonly sightings: number;
  readonly malformed: number;
  readonly scanners: readonly ScannerSnapshot[];
  readonly showsAddresses: boolean;
}

/** Characters of a line and lines that a terminal has room for. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Devices unheard for longer stand below the others, whatever their strength. */
const freshMs = 15_000;

const titles = ['kind', 'address class', 'device', 'device class', 'dBm', 'peak', 'count', 'age'];
const aligns: readonly Align[] = ['left', 'left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'];

/** The lines of a scan for people: the nearest devices first, no more and no longer lines than there is room for. */
export function scanTable(view: ScanView, room: Room): readonly string[] {
  const { devices, sightings, malformed, scanners, showsAddresses } = view;
  const head = [
    `${devices.length} devices, ${sightings} sightings, ${malformed} malformed`,
    ...scanners.map(scannerLine),
    '',
  ];
  const rowsLeft = Math.max(0, room.rows - head.length - 1);
  const isCut = devices.length > rowsLeft;
  const shown = nearestFirst(view).slice(0, isCut ? Math.max(0, rowsLeft - 1) : rowsLeft);
  const table = textTable(
    [showsAddresses ? [...titles, 'RAW ADDRESS'] : titles, ...shown.map((device) => rowOf(device, view))],
    aligns,
  );
  const rest = isCut ? [`and ${devices.length - shown.length} more`] : [];
  return [...head, ...table, ...rest].slice(0, room.rows).map((line) => line.slice(0, room.columns));
}

function nearestFirst({ devices, nowMs }: ScanView): readonly HeardDevice[] {
  const isFresh = ({ lastSeenMs }: HeardDevice) => Number(nowMs - lastSeenMs <= freshMs);
  const strength = ({ rssiLastDbm }: HeardDevice) => rssiLastDbm ?? Number.NEGATIVE_INFINITY;
  return devices.toSorted(
    (a, b) =>
      isFresh(b) - isFresh(a) ||
      // Two without RSSI are equal: their difference is no number.
      (strength(b) === strength(a) ? 0 : strength(b) - strength(a)) ||
      b.lastSeenMs - a.lastSeenMs,
  );
}

const rowOf = (device: HeardDevice, { nowMs, showsAddresses }: ScanView): readonly string[] => [
  device.kind,
  device.addressClass,
  device.deviceId,
  device.deviceClass ?? '',
  String(device.rssiLastDbm ?? ''),
  String(device.rssiPeakDbm ?? ''),
  String(device.sightings),
  durationText(nowMs - device.lastSeenMs),
  ...(showsAddresses ? [device.address ?? ''] : []),
];

function scannerLine({ name, state, sightings, malformed, lastError }: ScannerSnapshot): string {
  const counts = `${sightings} sightings${malformed === 0 ? '' : `, ${malformed} malformed`}`;
  const error = lastError === '' ? '' : `; ${lastError.replaceAll(/\s+/g, ' ')}`;
  return `${name}: ${state === 'failed' ? 'failed, tries again' : state}, ${counts}${error}`;
}
