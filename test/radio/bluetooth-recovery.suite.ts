import { beforeAll, expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import type { RadioBox } from './radio-box.ts';
import { systemBus } from './system-bus.ts';

const resumeMsMax = 20_000;

const devices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
];

/** Both scanners hear what is there from this moment on, within the time that they have for it. */
async function resumes({ machine, box }: RadioBox): Promise<void> {
  const fromMs = await machine.nowMs();
  await Promise.all(['ble', 'classic'].map((name) => box.hears(name, fromMs, resumeMsMax)));
}

/** The status says of both scanners what is wrong. */
const tells = ({ box }: RadioBox, problem: RegExp) =>
  box.reports(
    `"${problem.source}" of both scanners`,
    ({ scanners }) => scanners.every(({ last_error }) => problem.test(last_error)),
    30_000,
  );

export function bluetoothRecovery(world: () => RadioBox): void {
  let madeBefore = 0;

  beforeAll(async () => {
    const { adapter, box } = world();
    madeBefore = (await box.stop())?.events.made ?? 0;
    await box.startAgain({ flags: ['--passage-gap-seconds', '3'] });
    await box.scannersRun();
    await adapter.setDevices(devices);
  }, 240_000);

  test('an adapter that goes down is powered up again', async () => {
    await resumes(world());
    await world().machine.shell(`hciconfig ${world().adapter.name} down`);
    await tells(world(), /is down|went down/);
    await resumes(world());
  });

  test('an adapter that was switched off by rfkill is heard again after it was switched on', async () => {
    await world().machine.shell('rfkill block bluetooth');
    await tells(world(), /rfkill/);
    await world().machine.shell('rfkill unblock bluetooth');
    await resumes(world());
  });

  test('a controller that hangs is told, and heard again when it works', async () => {
    world().adapter.freeze();
    await tells(world(), /does not/);
    world().adapter.thaw();
    await resumes(world());
  });

  test('bluetoothd may come and go', async () => {
    await world().machine.shell(systemBus);
    const daemon = world().machine.start(['/usr/libexec/bluetooth/bluetoothd', '--nodetach']);
    const hasOwner =
      'dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.bluez';
    await until('bluetoothd on the bus', async () =>
      (await world().machine.shell(hasOwner)).includes('boolean true') ? true : undefined,
    );
    await resumes(world());
    daemon.kill('SIGTERM');
    await daemon.exit();
    await resumes(world());
  });

  test('frames that are none are counted, and the scanners go on', async () => {
    const before = await world().box.reported();
    // Inquiry results and advertisements that claim more than there is, of lengths that do not fit, and cut off.
    const broken = [
      `04220ff0${'00'.repeat(14)}`,
      '042f0501aabbccdd',
      '043e0402ff0000',
      '043e0c0201000012345678901fff01',
      '0402ff'.padEnd(20, '7'),
    ];
    for (let round = 0; round < 200; round++) await world().adapter.sendPackets(broken);
    await resumes(world());
    const status = await world().box.reports(
      'malformed frames',
      (now) =>
        scannerOf(now, 'classic').malformed > (before === undefined ? 0 : scannerOf(before, 'classic').malformed),
    );
    expect(scannerOf(status, 'classic').last_error).not.toMatch(/aa:?bb/i);
  });

  test('an adapter that is unplugged and comes back under another number is found', async () => {
    const { machine, adapter } = world();
    const other = await BluetoothAdapter.plugIn(machine, 'b8:27:eb:00:00:02');
    expect(other.name).not.toBe(adapter.name);
    await adapter.unplug();
    await other.setDevices(devices);
    await resumes(world());
    // And nothing at all is there for a while.
    await other.unplug();
    await tells(world(), /no Bluetooth adapter/);
    const back = await BluetoothAdapter.plugIn(machine);
    world().adapter = back;
    await back.setDevices(devices);
    await resumes(world());
  });

  test('nothing that was buffered meanwhile is lost', async () => {
    const { box, server } = world();
    expect(box.agent.ended).toBeUndefined();
    const last = await box.stop();
    const made = last?.events.made ?? 0;
    expect(made - madeBefore).toBeGreaterThan(5);
    expect(last?.events.dropped).toEqual({});
    await until('all events', async () => ((await listEvents(server.query)).length >= made ? true : undefined));
  });
}
