import { describe, expect, test } from 'vitest';
import { AgentStatus } from './generated/tdc/v1/status.ts';
import { statusJson } from './status-json.ts';
import { durationText, statusText } from './status-text.ts';

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_905_000, '1 h 5 min'],
  [7_200_000 + 30_000, '2 h'],
  [86_400_000 * 3 + 3_600_000, '3 d 1 h'],
  [-5, '0 s'],
])('a duration of %d ms is said as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('a status for people has every fact that a program gets', () => {
  const second = 1_000_000_000n;
  const text = statusText(
    AgentStatus.create({
      detectorId: 'D7',
      version: '1.2.3',
      startedAtNs: 1000n * second,
      takenAtNs: 8200n * second,
      clock: 2,
      clockStep: { stepMs: -3_600_500n, atNs: 8140n * second },
      events: {
        made: 100n,
        acknowledged: 60n,
        inOutbox: 33n,
        uncommitted: 3n,
        waitingForClock: 11n,
        dropped: [{ reason: 'overflow', count: 7n }],
      },
      outboxBytes: 1_048_576n,
      outboxBytesMax: 268_435_456n,
      connection: 4,
      lastAcknowledgedNs: 8180n * second,
      scanners: [{ name: 'simulated', state: 3, sightings: 12n, malformed: 2n, lastError: 'unplugged' }],
      lastError: 'no route to host',
      lastErrorNs: 8195n * second,
      keyEpoch: 19_675,
      openPassages: 5,
      residentMemoryBytes: 83_886_080n,
      machine: {
        uptimeSeconds: 90_000,
        bootId: 'b',
        memoryBytes: 1_073_741_824n,
        memoryBytesAvailable: 536_870_912n,
        processorCelsius: 61.4,
        power: { underVoltage: false, throttledSinceBoot: true },
        battery: { volts: 11.21, lowVolts: 11.7, error: '' },
        disk: { bytes: 2_097_152n, bytesFree: 1_048_576n, bytesWritten: 3_145_728n, lifeUsedPercent: 20 },
      },
    }),
  );
  for (const fact of [
    /detector +D7/,
    /running for +2 h$/m,
    /clock +not synchronised; set back by 3600.5 s 1 min ago/,
    /in outbox +33, 3 of them not yet on disk, 11 waiting for the clock to be set/,
    /connection +failed, will try again/,
    /acknowledged +60, the last 20 s ago/,
    /captured +100/,
    /in outbox +33, 3 of them not yet on disk/,
    /dropped +7 \(overflow\)/,
    /outbox +1\.0 MiB of 256\.0 MiB/,
    /heard now +5/,
    /key epoch +19675/,
    /memory +80\.0 MiB/,
    /scanner +simulated: failed, will be restarted, 12 sightings, the last never, 2 malformed; unplugged/,
    /up for +1 d 1 h/,
    /processor +61 °C/,
    /power +processor was slowed down since the boot/,
    /battery +11\.21 V, low \(below 11\.7 V\)/,
    /memory left +512\.0 MiB of 1024\.0 MiB/,
    /disk +1\.0 MiB free of 2\.0 MiB, 3\.0 MiB written since the boot, at most 20 % of its life used/,
    /last error +no route to host, 5 s ago/,
  ]) {
    expect(text).toMatch(fact);
  }
});

test('a status for programs has every field, also those that are nothing', () => {
  expect(
    statusJson(
      AgentStatus.create({ detectorId: 'D7', connection: 3, clock: 3, takenAtNs: 1_700_000_000_000_000_000n }),
    ),
  ).toEqual({
    detector_id: 'D7',
    version: '',
    started_at: null,
    taken_at: '2023-11-14T22:13:20.000Z',
    clock: 'trusted',
    clock_step: null,
    connection: 'connected',
    last_acknowledged_at: null,
    events: { made: 0, acknowledged: 0, in_outbox: 0, uncommitted: 0, waiting_for_clock: 0, dropped: {} },
    outbox_bytes: 0,
    outbox_bytes_max: 0,
    scanners: [],
    last_error: '',
    last_error_at: null,
    key_state: 'unspecified',
    key_epoch: 0,
    box_key_fingerprint: null,
    custodian_fingerprint: null,
    configuration: null,
    open_passages: 0,
    resident_memory_bytes: 0,
    machine: null,
  });
});

test('a box that waits for its key says so, with the fingerprint of its own', () => {
  const waiting = AgentStatus.fromPartial({ keyState: 2, boxKeyFingerprint: '7k2m-w0qe-9rtz-ncb4-5hxy-a1p8' });
  expect(statusText(waiting)).toMatch(
    /^key epoch +none: waits for its key \(box key 7k2m-w0qe-9rtz-ncb4-5hxy-a1p8\)$/m,
  );
  expect(statusJson(waiting)).toMatchObject({
    key_state: 'waiting',
    box_key_fingerprint: '7k2m-w0qe-9rtz-ncb4-5hxy-a1p8',
  });
});

describe('the settings of a box', () => {
  const authorFingerprint = '7k2m-w0qe-9rtz-ncb4-5hxy-a1p8';
  const statusWith = (configuration: Parameters<typeof AgentStatus.fromPartial>[0]['configuration']) =>
    AgentStatus.fromPartial({ takenAtNs: 1_700_000_060_000_000_000n, configuration });

  test.each([
    ['as given on the box', undefined, null],
    [
      'as given on the box',
      { authorFingerprint, sequence: 0, state: 0, refused: undefined },
      { author_fingerprint: authorFingerprint, sequence: null, state: null, refused: null },
    ],
    [
      'configuration 7, on probation',
      { authorFingerprint, sequence: 7, state: 1, refused: undefined },
      { author_fingerprint: authorFingerprint, sequence: 7, state: 'probation', refused: null },
    ],
    [
      'configuration 6, current; configuration 7 rolled back: nobody answers, 1 min ago',
      {
        authorFingerprint,
        sequence: 6,
        state: 2,
        refused: { sequence: 7, refusal: 2, reason: 'nobody answers', atNs: 1_700_000_000_000_000_000n },
      },
      {
        author_fingerprint: authorFingerprint,
        sequence: 6,
        state: 'current',
        refused: { sequence: 7, refusal: 'rolled_back', reason: 'nobody answers', at: '2023-11-14T22:13:20.000Z' },
      },
    ],
    [
      'as given on the box; a letter with a configuration refused: damaged, never',
      { authorFingerprint, sequence: 0, state: 0, refused: { sequence: 0, refusal: 1, reason: 'damaged', atNs: 0n } },
      {
        author_fingerprint: authorFingerprint,
        sequence: null,
        state: null,
        refused: { sequence: null, refusal: 'refused', reason: 'damaged', at: null },
      },
    ],
  ] as const)('are %s', (text, configuration, json) => {
    const status = statusWith(configuration);
    expect(statusText(status)).toMatch(new RegExp(`^settings +${text}$`, 'm'));
    expect(statusJson(status)).toMatchObject({ configuration: json });
  });
});
