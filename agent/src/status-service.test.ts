import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeUpSnapshot as snapshot } from './made-up-snapshot.ts';
import { statusToWire } from './status.ts';
import { askStatus, StatusService } from './status-service.ts';

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
