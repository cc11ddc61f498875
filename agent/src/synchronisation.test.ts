import { utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from './prepared-box.ts';
import { SystemVoucher, synchronisedBy } from './synchronisation.ts';

const timesyncd = '/run/systemd/timesync/synchronized';

let box: PreparedBox;
let nowMs: number;
let voucher: SystemVoucher;
beforeEach(() => {
  box = preparedBox();
  nowMs = 0;
  voucher = new SystemVoucher(box.system, () => nowMs);
});
afterEach(() => box[Symbol.dispose]());

/** A program that says what it was told to, and counts how often it was asked. */
function installKernel(answer: 'yes' | 'no'): void {
  const args = 'show --property=NTPSynchronized --value';
  box.install('timedatectl', `[ "$*" = "${args}" ] || exit 1; echo asked >> ${box.root}/asked; echo ${answer}`);
}
const timesAsked = () => box.system.text('/asked')?.split('\n').length ?? 0;
const chrony = (leap: string) =>
  box.install(
    'chronyc',
    `[ "$*" = "-n -c tracking" ] || exit 1
     echo "A29FC801,162.159.200.1,4,1764108000.1,0.000012,-0.000003,0.00002,-12.1,0.001,0.02,0.01,0.0005,64.4,${leap}"`,
  );

describe('the clock is synchronised', () => {
  test('when systemd-timesyncd says so', async () => {
    expect(await synchronisedBy(box.system)).toBeUndefined();
    box.put(timesyncd, '');
    expect(await synchronisedBy(box.system)).toBe('systemd-timesyncd');
  });

  test('when the kernel was told so, by whatever keeps its time', async () => {
    installKernel('no');
    expect(await synchronisedBy(box.system)).toBeUndefined();
    installKernel('yes');
    expect(await synchronisedBy(box.system)).toBe('the kernel');
  });

  test('when chrony says so, which need not tell the kernel', async () => {
    installKernel('no');
    chrony('Not synchronised');
    expect(await synchronisedBy(box.system)).toBeUndefined();
    chrony('Normal');
    expect(await synchronisedBy(box.system)).toBe('chrony');
  });

  test('not when the programs fail, as where there is no systemd', async () => {
    box.install('timedatectl', 'echo yes; echo "System has not been booted with systemd" >&2; exit 1');
    box.install('chronyc', 'echo "506 Cannot talk to daemon"; exit 1');
    expect(await synchronisedBy(box.system)).toBeUndefined();
    expect(await voucher.vouches()).toBe(false);
  });
});

test('programs are asked every ten seconds, and the file is looked at each time', async () => {
  installKernel('no');
  for (nowMs = 0; nowMs < 10_000; nowMs += 1000) expect(await voucher.vouches()).toBe(false);
  expect(timesAsked()).toBe(1);
  expect(await voucher.vouches()).toBe(false);
  expect(timesAsked()).toBe(2);
  box.put(timesyncd, '');
  expect(await voucher.vouches()).toBe(true);
  expect(timesAsked()).toBe(2);
});

test('after a note only what is said later counts', async () => {
  box.put(timesyncd, '');
  installKernel('yes');
  expect(await voucher.vouches()).toBe(true);
  voucher.note();
  installKernel('no');
  expect(await voucher.vouches()).toBe(false);
  utimesSync(box.system.path(timesyncd), 1_800_000_000, 1_800_000_000);
  expect(await voucher.vouches()).toBe(true);
  voucher.note();
  installKernel('yes');
  expect(await voucher.vouches()).toBe(true);
});
