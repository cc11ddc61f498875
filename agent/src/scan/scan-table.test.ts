import { describe, expect, test } from 'vitest';
import type { ScannerSnapshot } from '../status.ts';
import type { HeardDevice } from './heard-devices.ts';
import { type ScanView, scanTable } from './scan-table.ts';

const nowMs = 1_700_000_000_000;
const device = (deviceId: string, given: Partial<HeardDevice> = {}): HeardDevice => ({
  kind: 'ble',
  addressClass: 'public',
  deviceId,
  deviceClass: undefined,
  rssiLastDbm: -60,
  rssiPeakDbm: -50,
  sightings: 3,
  firstSeenMs: nowMs - 9000,
  lastSeenMs: nowMs - 2000,
  address: undefined,
  ...given,
});
const scanner: ScannerSnapshot = {
  name: 'ble',
  state: 'failed',
  sightings: 12,
  malformed: 1,
  lastSightingMs: nowMs,
  lastError: 'no adapter\nhci0',
};
const view = (devices: readonly HeardDevice[], given: Partial<ScanView> = {}): ScanView => ({
  nowMs,
  devices,
  sightings: 12,
  malformed: 1,
  scanners: [scanner],
  showsAddresses: false,
  ...given,
});
const wide = { columns: 200, rows: 100 };

describe('the table of a scan', () => {
  test('has the counts, the state of each scanner, and a row for each device', () => {
    const carKit = device('c0ffee01', { kind: 'classic', deviceClass: 'car-kit' });
    expect(scanTable(view([carKit]), wide)).toEqual([
      '1 devices, 12 sightings, 1 malformed',
      'ble: failed, tries again, 12 sightings, 1 malformed; no adapter hci0',
      '',
      'kind     address class  device    device class  dBm  peak  count  age',
      'classic  public         c0ffee01  car-kit       -60   -50      3  2 s',
    ]);
  });

  test('puts near devices first, those without RSSI behind them, and those unheard for a while last', () => {
    const { rssiLastDbm: _, ...plate } = device('plate');
    const devices = [
      device('gone', { rssiLastDbm: -10, lastSeenMs: nowMs - 16_000 }),
      { ...plate, rssiLastDbm: undefined },
      device('far', { rssiLastDbm: -90 }),
      device('near', { rssiLastDbm: -40 }),
    ];
    const order = scanTable(view(devices), wide).flatMap((line) => /gone|plate|far|near/.exec(line) ?? []);
    expect(order).toEqual(['near', 'far', 'plate', 'gone']);
  });

  test('shows raw addresses in a column of their own, and only then', () => {
    const known = device('c0ffee01', { address: '80:91:a2:b3:c4:d5' });
    expect(scanTable(view([known]), wide).join('\n')).not.toContain('80:91');
    const lines = scanTable(view([known], { showsAddresses: true }), wide);
    expect(lines.at(-2)).toMatch(/ {2}RAW ADDRESS$/);
    expect(lines.at(-1)).toMatch(/ {2}80:91:a2:b3:c4:d5$/);
  });

  test.each([1, 3, 4, 5, 6, 10, 60])('of fifty devices fits into %d lines and says how many are not in it', (rows) => {
    const devices = Array.from({ length: 50 }, (_, i) => device(String(i).padStart(8, '0')));
    const lines = scanTable(view(devices), { columns: 30, rows });
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    const shown = lines.filter((line) => line.startsWith('ble  ')).length;
    expect(shown).toBe(rows === 60 ? 50 : Math.max(0, rows - 5));
    if (shown > 0 && shown < 50) expect(lines.at(-1)).toBe(`and ${50 - shown} more`);
  });
});
