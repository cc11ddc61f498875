import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentSnapshot, statusToWire } from './status.ts';
import { askStatus, StatusService } from './status-service.ts';

const snapshot: AgentSnapshot = {
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

let folder: string;
let socket: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-status-'));
  socket = join(folder, 'agent.sock');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a running agent tells its whole state over its socket', async () => {
  await using service = new StatusService(socket, () => statusToWire(snapshot));
  await service.start();
  expect(await askStatus(socket)).toEqual(statusToWire(snapshot));
});

test('a status names only the reasons for which something was dropped, and adds up', () => {
  const { events } = statusToWire(snapshot);
  expect(events?.dropped).toEqual([
    { reason: 'overflow', count: 5n },
    { reason: 'rejected', count: 2n },
  ]);
  const dropped = events?.dropped.reduce((sum, { count }) => sum + count, 0n) ?? 0n;
  expect(events?.made).toBe((events?.acknowledged ?? 0n) + (events?.inOutbox ?? 0n) + dropped);
});

test('the socket is for its owner alone, replaces one that was left behind, and goes with the agent', async () => {
  writeFileSync(socket, 'left behind');
  {
    await using service = new StatusService(socket, () => statusToWire(snapshot));
    await service.start();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect((await askStatus(socket)).detectorId).toBe('D1');
  }
  expect(existsSync(socket)).toBe(false);
});

test('where no agent runs, the question is answered with that', async () => {
  await expect(askStatus(socket)).rejects.toThrow(UnavailableError);
  await expect(askStatus(socket)).rejects.toThrow(`no agent answers on ${socket}`);
});

test('a socket that cannot be made is told', async () => {
  mkdirSync(join(socket, 'in-the-way'), { recursive: true });
  await using service = new StatusService(join(socket, 'in-the-way/deeper/agent.sock'), () => statusToWire(snapshot));
  await expect(service.start()).rejects.toThrow(/cannot answer status on/);
});
