import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasCapability } from '../../machine/capabilities.ts';
import { adapterIndex, adapterToUse } from './adapter-list.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-adapters-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function addAdapter(name: string, blocks: { soft?: boolean; hard?: boolean } = {}): void {
  const rfkill = join(folder, name, 'rfkill3');
  mkdirSync(rfkill, { recursive: true });
  writeFileSync(join(rfkill, 'soft'), blocks.soft === true ? '1\n' : '0\n');
  writeFileSync(join(rfkill, 'hard'), blocks.hard === true ? '1\n' : '0\n');
}

test('the first adapter there is is taken, by number, and connections are none', () => {
  for (const name of ['hci10', 'hci2', 'hci0:12']) addAdapter(name);
  expect(adapterToUse(undefined, folder)).toBe('hci2');
  expect(adapterToUse('hci10', folder)).toBe('hci10');
});

test('without one the error says so, and what to do', () => {
  expect(() => adapterToUse(undefined, folder)).toThrow(/^no Bluetooth adapter: plug one in/);
  expect(() => adapterToUse(undefined, join(folder, 'none'))).toThrow(/^no Bluetooth adapter/);
  addAdapter('hci1');
  expect(() => adapterToUse('hci0', folder)).toThrow(
    'no Bluetooth adapter hci0: there is hci1; leave out bluetooth.adapter to take the first there is',
  );
});

test('one that is blocked is passed over, or told of', () => {
  addAdapter('hci0', { soft: true });
  expect(() => adapterToUse(undefined, folder)).toThrow('hci0 is blocked by rfkill: unblock it with');
  addAdapter('hci1', { hard: true });
  expect(() => adapterToUse('hci1', folder)).toThrow('hci1 is blocked by a switch');
  addAdapter('hci2');
  expect(adapterToUse(undefined, folder)).toBe('hci2');
});

test('names of adapters are hci and a number', () => {
  expect(['hci0', 'hci12', 'hci', 'eth0', 'hci0:11', 'xhci0'].map(adapterIndex)).toEqual([
    0,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('capabilities are read from the set in force', () => {
  const status = 'Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000002000\n';
  expect(hasCapability(status, 'CAP_NET_RAW')).toBe(true);
  expect(hasCapability(status, 'CAP_NET_ADMIN')).toBe(false);
  expect(hasCapability('Name:\tnode\n', 'CAP_NET_RAW')).toBe(false);
});
