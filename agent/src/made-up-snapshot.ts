import type { AgentSnapshot } from './status.ts';

/** For tests: an agent that has something of everything. */
export const madeUpSnapshot: AgentSnapshot = {
  detectorId: 'D1',
  version: '0.1.0',
  startedAtMs: 1_700_000_000_000,
  takenAtMs: 1_700_000_060_000.7,
  clock: 'trusted',
  clockStep: { stepMs: -3_600_000, atMs: 1_700_000_010_000 },
  events: {
    made: 100,
    acknowledged: 60,
    inOutbox: 33,
    uncommitted: 3,
    waiting: 11,
    dropped: { overflow: 5, disk_full: 0, rejected: 2, corrupt: 0, never_synchronised: 0 },
  },
  outboxSize: { bytes: 4096, bytesMax: 8192 },
  connection: 'waiting',
  lastAcknowledgedMs: undefined,
  scanners: [
    {
      name: 'simulated',
      state: 'running',
      sightings: 12,
      malformed: 1,
      lastSightingMs: 1_700_000_059_000,
      lastError: '',
    },
  ],
  lastError: { message: 'the collector does not answer', atMs: 1_700_000_050_000 },
  configuration: undefined,
  key: { epoch: 19_675, boxKeyFingerprint: '0000-1111-2222-3333-4444-5555' },
  openPassages: 4,
  residentMemoryBytes: 80_000_000,
  machine: {
    uptimeSeconds: 7200.5,
    bootId: '0b0a7f3c-0001',
    memory: { bytes: 1_000_000_000, availableBytes: 400_000_000 },
    processorCelsius: 61.3,
    power: { underVoltage: true, underVoltageSinceBoot: true, throttled: false, throttledSinceBoot: undefined },
    battery: { volts: 11.2, lowVolts: 11.7, error: '' },
    disk: { bytes: 32_000_000_000, freeBytes: 12_000_000_000, writtenBytes: 5_000_000, lifeUsedPercent: undefined },
  },
};
