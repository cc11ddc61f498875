import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { type BluetoothBox, bluetoothBox } from './radio-box.ts';

const resumeMsMax = 20_000;

const devices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
];

let world: BluetoothBox;

beforeAll(async () => {
  world = await bluetoothBox('--passage-gap-seconds', '3');
  await world.adapter.setDevices(devices);
}, 240_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** The guest's clock, in Unix milliseconds. */
const guestMs = async (): Promise<number> => Number(await world.machine.shell('date +%s%3N'));

/** Both scanners hear what is there from this moment on, within the time that they have for it. */
async function resumes(): Promise<void> {
  const fromMs = await guestMs();
  await Promise.all(['ble', 'classic'].map((name) => world.box.hears(name, fromMs, resumeMsMax)));
}

/** The status says of both scanners what is wrong. */
const tells = (problem: RegExp) =>
  world.box.reports(
    `"${problem.source}" of both scanners`,
    ({ scanners }) => scanners.every(({ last_error }) => problem.test(last_error)),
    30_000,
  );

test('an adapter that goes down is powered up again', async () => {
  await resumes();
  await world.machine.shell(`hciconfig ${world.adapter.name} down`);
  await tells(/is down|went down/);
  await resumes();
});

test('an adapter that was switched off by rfkill is heard again after it was switched on', async () => {
  await world.machine.shell('rfkill block bluetooth');
  await tells(/rfkill/);
  await world.machine.shell('rfkill unblock bluetooth');
  await resumes();
});

test('a controller that hangs is told, and heard again when it works', async () => {
  world.adapter.freeze();
  await tells(/does not/);
  world.adapter.thaw();
  await resumes();
});

test('bluetoothd may come and go', async () => {
  await world.machine.shell('mkdir -p /run/dbus && dbus-daemon --system --fork');
  const daemon = world.machine.start(['/usr/libexec/bluetooth/bluetoothd', '--nodetach']);
  await wait(5000);
  expect(daemon.ended).toBeUndefined();
  await resumes();
  daemon.kill('SIGTERM');
  await daemon.exit();
  await resumes();
});

test('frames that are none are counted, and the scanners go on', async () => {
  const before = await world.box.reported();
  // Inquiry results and advertisements that claim more than there is, of lengths that do not fit, and cut off.
  const broken = [
    `04220ff0${'00'.repeat(14)}`,
    '042f0501aabbccdd',
    '043e0402ff0000',
    '043e0c0201000012345678901fff01',
    '0402ff'.padEnd(20, '7'),
  ];
  for (let round = 0; round < 200; round++) await world.adapter.sendPackets(broken);
  await resumes();
  const status = await world.box.reports(
    'malformed frames',
    (now) => scannerOf(now, 'classic').malformed > (before === undefined ? 0 : scannerOf(before, 'classic').malformed),
  );
  expect(scannerOf(status, 'classic').last_error).not.toMatch(/aa:?bb/i);
});

test('an adapter that is unplugged and comes back under another number is found', async () => {
  const { machine, adapter } = world;
  const other = await BluetoothAdapter.plugIn(machine, 'b8:27:eb:00:00:02');
  expect(other.name).not.toBe(adapter.name);
  await adapter.unplug();
  await other.setDevices(devices);
  await resumes();
  // And nothing at all is there for a while.
  await other.unplug();
  await tells(/no Bluetooth adapter/);
  const back = await BluetoothAdapter.plugIn(machine);
  await back.setDevices(devices);
  await resumes();
});

test('nothing that was buffered meanwhile is lost', async () => {
  const { box, server } = world;
  expect(box.agent.ended).toBeUndefined();
  box.agent.kill('SIGTERM');
  await box.agent.exitsWith(0);
  const last = await box.reported();
  const made = last?.events.made ?? 0;
  expect(made).toBeGreaterThan(5);
  expect(last?.events.dropped).toEqual({});
  await until('all events', async () => ((await listEvents(server.query)).length >= made ? true : undefined));
});
