import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VirtualMachine } from '../radio/virtual-machine.ts';
import { bootFieldMachine, systemState } from './field-machine.ts';

let machine: VirtualMachine;
beforeAll(async () => {
  machine = await bootFieldMachine({ clock: '1970-01-01T00:00:00' });
}, 900_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

/** Units that failed, with what they said. */
const failures = (): Promise<string> =>
  machine.shell('systemctl --failed --no-legend; journalctl -b -p err --no-pager');

test('a clean machine starts all that Debian starts, with nothing of ours', async () => {
  expect(await systemState(machine), await failures()).toBe('running');
  expect(await machine.shell('ps -p 1 -o comm=')).toBe('systemd\n');
  expect((await machine.run(['sh', '-c', 'command -v node'])).code).not.toBe(0);
}, 600_000);

test('without a clock of its own and a time server it is not in the present, and says that it is not synchronised', async () => {
  expect(await machine.nowMs()).toBeLessThan(Date.now() - 86_400_000);
  expect(await machine.shell('timedatectl show -p NTPSynchronized --value')).toBe('no\n');
}, 600_000);

test('what was synchronised to its disk outlives a power cut, after which it starts as before, in the present where its clock is', async () => {
  const before = await machine.shell('cat /etc/machine-id /proc/sys/kernel/random/boot_id');
  await machine.shell('echo kept > /var/kept; sync /var/kept');
  await machine.cutPower();
  await machine.boot();
  expect(await systemState(machine), await failures()).toBe('running');
  expect(await machine.shell('cat /var/kept')).toBe('kept\n');
  expect(Math.abs((await machine.nowMs()) - Date.now())).toBeLessThan(60_000);
  const after = await machine.shell('cat /etc/machine-id /proc/sys/kernel/random/boot_id');
  expect(after.split('\n')[0]).toBe(before.split('\n')[0]);
  expect(after.split('\n')[1]).not.toBe(before.split('\n')[1]);
}, 600_000);
