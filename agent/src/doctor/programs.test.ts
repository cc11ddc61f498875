import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import { checkPrograms } from './programs.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
});
afterEach(() => box[Symbol.dispose]());

const found = async (scanners: readonly string[], exec?: string) =>
  (await checkPrograms(box.system, scanners, exec)).map(({ level, found: text }) => `${level}: ${text}`);

test('programs are missed by the scanners that start them, and by no others', async () => {
  expect(await found(['wifi-monitor'])).toEqual([
    'problem: tcpdump is not in PATH',
    'problem: iw is not in PATH',
    'problem: ip is not in PATH',
    'ok: nmcli is not in PATH; no configured scanner needs it',
  ]);
  box.install('tcpdump', 'exit 0');
  box.install('iw', 'exit 0');
  chmodSync(join(box.root, 'bin/iw'), 0o644);
  expect((await found(['wifi-monitor'])).slice(0, 2)).toEqual([
    `ok: tcpdump is ${join(box.root, 'bin/tcpdump')}`,
    'problem: iw is not in PATH',
  ]);
});

test.each([
  ['printf running', 'ok: NetworkManager runs'],
  ['printf "not running"', 'problem: NetworkManager does not run'],
  ['exit 8', 'problem: NetworkManager does not run'],
])('nmcli that does %j', async (script, expected) => {
  box.install('nmcli', `[ "$*" = '-t -f RUNNING general' ] || exit 2\n${script}`);
  expect((await found(['wifi-access-points'])).at(-1)).toBe(expected);
  expect(await found(['ble'])).toHaveLength(4);
});

test('the program of the scanner exec is looked for where it is said to be', async () => {
  box.install('read-plates', 'exit 0');
  expect((await found(['exec'], 'read-plates')).at(-1)).toMatch(/^ok: the scanner exec runs .*bin\/read-plates$/);
  expect((await found(['exec'], '/bin/read-plates')).at(-1)).toMatch(/^ok: /);
  expect((await found(['exec'], '/opt/read-plates')).at(-1)).toBe(
    'problem: /opt/read-plates of exec.command is not there, or cannot be run',
  );
});
