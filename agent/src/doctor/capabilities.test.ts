import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import { checkCapabilities } from './capabilities.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
});
afterEach(() => box[Symbol.dispose]());

const both = '0000000000003000';
const raw = '0000000000002000';
const none = '0000000000000000';
function process(given: { uid?: string; permitted?: string; effective?: string; ambient?: string }): void {
  const { uid = '1000', permitted = none, effective = permitted, ambient = none } = given;
  box.put(
    '/proc/self/status',
    `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapInh:\t${none}\nCapPrm:\t${permitted}\nCapEff:\t${effective}\nCapBnd:\t${both}\nCapAmb:\t${ambient}\n`,
  );
}
const found = (scanners: readonly string[]) =>
  checkCapabilities(box.system, scanners).map(({ level, found: text }) => `${level}: ${text}`);

describe('a process', () => {
  test('that lacks what its scanners need has a problem for each, by name', () => {
    process({});
    expect(found(['ble', 'wifi-monitor'])).toEqual([
      'problem: CAP_NET_ADMIN is not there; needed by wifi-monitor; ble can power an adapter up with it',
      'problem: CAP_NET_RAW is not there; needed by ble, wifi-monitor',
    ]);
    expect(found(['classic'])).toEqual([
      'warning: CAP_NET_ADMIN is not there; classic can power an adapter up with it',
      'problem: CAP_NET_RAW is not there; needed by classic',
    ]);
    expect(found(['wifi-access-points', 'exec'])).toEqual([
      'ok: CAP_NET_ADMIN is not there; no configured scanner needs it',
      'ok: CAP_NET_RAW is not there; no configured scanner needs it',
    ]);
  });

  test('that has them for itself and for what it starts is well', () => {
    process({ permitted: both, ambient: both });
    expect(found(['classic']).map((text) => text.split(':')[0])).toEqual(['ok', 'ok']);
  });

  test('that may not hand them on is warned', () => {
    process({ permitted: both, ambient: raw });
    expect(found(['wifi-monitor'])).toEqual([
      'warning: CAP_NET_ADMIN is there, but not for the programs that a scanner starts; needed by wifi-monitor',
      'ok: CAP_NET_RAW is there; needed by wifi-monitor',
    ]);
  });

  test('that has them permitted and not in effect does not have them', () => {
    process({ permitted: both, effective: none });
    expect(found(['wifi-monitor'])[0]).toBe(
      'problem: CAP_NET_ADMIN is permitted but not in effect; needed by wifi-monitor',
    );
  });

  test('of root hands them on without an ambient set, but not where they were taken from it', () => {
    process({ uid: '0', permitted: both });
    expect(found(['ble'])[1]).toBe('ok: CAP_NET_RAW is there, as for every program of root; needed by ble');
    process({ uid: '0', permitted: raw });
    expect(found(['wifi-monitor'])[0]).toMatch(/^problem: CAP_NET_ADMIN is not there/);
  });

  test('that cannot be looked at is not known', () => {
    expect(found(['ble'])).toEqual(['warning: /proc/self/status cannot be read']);
  });
});
