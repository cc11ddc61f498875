import {
  AgentStatus,
  ClockState,
  ConnectionState,
  KeyState,
  ScannerState,
} from '@tdc/shared/generated/tdc/v1/status.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { expect, test } from 'vitest';
import { putDetectors, reportStatus, startSubject } from './client-subject.ts';
import { detectorHealthOf } from './detector-health.ts';
import { detectors } from './detectors.ts';

const nowMs = 1_700_000_000_000;
const silentAfterMs = 180_000;

function healthOf(given: Parameters<typeof AgentStatus.fromPartial>[0] | undefined, ageMs = 1000) {
  const detector = { id: 'D1', name: '', position: { $case: 'plane', value: { xM: 0, yM: 0 } } } as const;
  const status = given === undefined ? undefined : AgentStatus.fromPartial(given);
  const { word, reasons } = detectorHealthOf(
    { detector, status, reportedAtNs: status === undefined ? 0n : nsFromMs(nowMs - ageMs) },
    nowMs,
    silentAfterMs,
  );
  return [word, ...reasons];
}

test('a detector is as healthy as the worst that is known of it', () => {
  const failed = { scanners: [{ name: 'hci0', state: ScannerState.SCANNER_STATE_FAILED, lastError: 'unplugged' }] };
  const unsynchronised = { clock: ClockState.CLOCK_STATE_UNSYNCHRONISED };
  expect(healthOf(undefined)).toEqual(['never', 'no status has come yet']);
  expect(healthOf({})).toEqual(['ok']);
  expect(healthOf({}, silentAfterMs)).toEqual(['ok']);
  expect(healthOf({}, silentAfterMs + 1)).toEqual(['silent', 'no status for 3 min']);
  expect(healthOf(unsynchronised)).toEqual(['warning', 'clock not synchronised']);
  const waiting = { ...unsynchronised, events: { inOutbox: 7n, waitingForClock: 7n } };
  expect(healthOf(waiting)).toEqual(['warning', 'clock not synchronised, 7 events wait for it']);
  expect(healthOf({ outboxBytes: 79n, outboxBytesMax: 100n })).toEqual(['ok']);
  expect(healthOf({ outboxBytes: 80n, outboxBytesMax: 100n })).toEqual(['warning', 'outbox 80 % full']);
  expect(healthOf({ ...failed, ...unsynchronised })).toEqual([
    'failing',
    'scanner hci0 failed: unplugged',
    'clock not synchronised',
  ]);
  expect(healthOf({ keyState: KeyState.KEY_STATE_WAITING })).toEqual(['failing', 'waits for its key']);
  expect(healthOf(failed, 200_000)[0]).toBe('silent');
});

test.each([
  [{ processorCelsius: 79.9 }, []],
  [{ processorCelsius: 80 }, ['processor at 80 °C']],
  [
    { power: { underVoltage: true, throttled: true } },
    ['supply voltage too low', 'processor slowed down by heat or low voltage'],
  ],
  [{ power: { underVoltageSinceBoot: true, throttledSinceBoot: true } }, []],
  [{ battery: { volts: 11.7, lowVolts: 11.7 } }, []],
  [{ battery: { volts: 11.69, lowVolts: 11.7 } }, ['battery 11.69 V, low (below 11.7 V)']],
  [{ battery: { lowVolts: 11.7, error: 'no such file' } }, ['battery unknown: no such file']],
  [{ disk: { bytes: 10n ** 10n, bytesFree: 200_000_000n, lifeUsedPercent: 70 } }, []],
  [
    { disk: { bytes: 10n ** 10n, bytesFree: 100_000_000n, lifeUsedPercent: 80 } },
    ['disk nearly full', 'disk at 80 % of its life'],
  ],
  [{ memoryBytes: 1000n, memoryBytesAvailable: 50n }, []],
  [{ memoryBytes: 1000n, memoryBytesAvailable: 49n }, ['memory nearly full']],
])('a machine is warned of where it says so, case %#', (machine, reasons) => {
  const [word, ...said] = healthOf({ machine });
  expect(said).toEqual(reasons);
  expect(word).toBe(reasons.length === 0 ? 'ok' : 'warning');
});

test('detectors are listed with what their agents last said, and those that never did', async () => {
  await using subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2']);
  const status = AgentStatus.fromPartial({
    detectorId: 'D1',
    version: '1.2.3',
    clock: ClockState.CLOCK_STATE_TRUSTED,
    connection: ConnectionState.CONNECTION_STATE_CONNECTED,
    events: { made: 10n, acknowledged: 4n, inOutbox: 3n, dropped: [{ reason: 'overflow', count: 3n }] },
    scanners: [{ name: 'hci0', state: ScannerState.SCANNER_STATE_RUNNING, sightings: 7n }],
  });
  await reportStatus(subject, status);

  using people = subject.client();
  await detectors(people.context, { silentAfter: '3m' });
  const rows = people.out().replaceAll(/ {2,}/g, ' | ').split('\n');
  expect(rows[1]).toBe('D1 | at D1 | ok | 0 s ago | connected | 3 | 3 | trusted | hci0 running');
  expect(rows[2]).toBe('D2 | at D2 | never | never | no status has come yet');

  using programs = subject.client({ output: 'json' });
  await detectors(programs.context, { silentAfter: '0s' });
  const [first, second] = JSON.parse(programs.out());
  expect(first).toMatchObject({
    detector_id: 'D1',
    latitude: 52.5,
    x_m: null,
    clock: 'trusted',
    events_dropped: { overflow: 3 },
    scanners: [{ name: 'hci0', state: 'running', sightings: 7, last_sighting_at: null }],
  });
  expect(Object.keys(second)).toEqual(Object.keys(first));
  expect(second.version).toBeNull();

  using sheet = subject.client({ output: 'csv' });
  await detectors(sheet.context, { silentAfter: '3m' });
  expect(sheet.out().split('\n')[0]?.split(',')).toEqual(Object.keys(first));
});
