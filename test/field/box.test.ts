import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isArchitecture } from '../../deploy/packages/package-kind.ts';
import { firstVersion, laterVersion } from '../packages/built-packages.ts';
import type { BluetoothAdapter } from '../radio/bluetooth-adapter.ts';
import type { Device } from '../radio/guest/bluetooth/air.ts';
import { networkKey } from '../radio/network-key.ts';
import { expectedPassages } from '../src/harness/expected-passages.ts';
import { recordHours } from '../src/harness/recorded-hours.ts';
import { readRecording } from '../src/harness/recording.ts';
import { expectConservation, moreStored, storedEvents } from './conservation.ts';
import { stateDir } from './field-box.ts';
import { systemState } from './field-machine.ts';
import { type FieldWorld, fieldWorld } from './field-world.ts';

const { TDC_TEST_FIELD_ARCHITECTURE: architecture = 'amd64' } = process.env;
if (!isArchitecture(architecture))
  throw new Error(`TDC_TEST_FIELD_ARCHITECTURE ${architecture}: expected amd64 or arm64`);
const transcripts = join(import.meta.dirname, '../../node_modules/.cache/tdc-field/transcripts', architecture);
const installSecondsMax = 300;
const testMs = architecture === 'amd64' ? 1_200_000 : 3_600_000;
const hourMs = 3_600_000;
/** MemoryHigh= of the unit. */
const memoryHighMb = (256 * 1024 * 1024) / 1e6;

const car: Device = { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x240408, rssiDbm: -58 };
/** Each is silent for longer than the gap: every advertisement becomes an event, ten a second. */
const traffic: readonly Device[] = Array.from({ length: 40 }, (_, index) => ({
  kind: 'ble',
  address: `c2:5a:00:00:00:${index.toString(16).padStart(2, '0')}`,
  addressType: 'random',
  rssiDbm: -50 - index,
  intervalMs: 4000,
}));
const configuration = `state_dir: ${stateDir}
scanners: [ble, classic]
`;
const quickPassages = `${configuration}passage: { gap_seconds: 1 }
status: { interval_seconds: 5 }
uplink: { backoff_ms_max: 2000 }
`;

let world: FieldWorld;
let adapter: BluetoothAdapter;
let filesBefore: readonly string[];
beforeAll(async () => {
  world = await fieldWorld(architecture);
}, testMs);
afterAll(() => world?.[Symbol.asyncDispose]());

function keepTranscript(name: string): void {
  mkdirSync(transcripts, { recursive: true });
  writeFileSync(join(transcripts, `${name}.txt`), world.box.takeTranscript());
}

describe(`a box in the field, ${architecture}`, () => {
  test(
    `from a clean Debian to the first event at the collector, in less than ${installSecondsMax / 60} minutes`,
    async () => {
      const { box, network } = world;
      expect(await systemState(box.machine)).toBe('running');
      adapter = await world.plugIn();
      filesBefore = await box.systemFiles();
      await box.findsTimeServer();
      const begunSeconds = await box.ownSeconds();

      await box.machine.shell('cp /mnt/tdc.asc /root/tdc.asc');
      await box.types('install -m 644 /root/tdc.asc /etc/apt/keyrings/tdc.asc');
      await box.types(
        `echo 'deb [signed-by=/etc/apt/keyrings/tdc.asc] ${world.packages} stable main' >/etc/apt/sources.list.d/tdc.list`,
      );
      await box.types('apt-get update');
      await box.types('apt-get install -y tdc-agent');
      const installedSeconds = (await box.ownSeconds()) - begunSeconds;
      await box.write('/etc/tdc/agent.yaml', configuration);
      await box.types(`tdc-agent enrol ${await network.token('D1', world.collector)}`);
      await box.machine.shell(`echo '${networkKey.text}' >/root/key.json`);
      await box.types('tdc-agent key import </root/key.json');
      await box.types('systemctl enable --now tdc-agent');
      await box.types('systemctl --no-pager status tdc-agent');
      await adapter.setDevices([car]);
      await box.reports('a heard car', ({ scanners }) =>
        scanners.some(({ name, sightings }) => name === 'classic' && sightings > 0),
      );
      await adapter.setDevices([]);
      const [event] = await moreStored(world, 'D1', 0);
      const seconds = (await box.ownSeconds()) - begunSeconds;
      expect(event).toMatchObject({ detector_id: 'D1', device_id: networkKey.pseudonymOf('classic', car.address) });
      console.log(
        `${architecture}, seconds of the guest: package installed ${installedSeconds.toFixed(0)}, first event at the centre ${seconds.toFixed(0)}`,
      );
      expect(seconds).toBeLessThan(installSecondsMax);

      await box.tries('tdc-agent doctor');
      await box.types('tdc-agent status');
      keepTranscript('install');
      expect(await systemState(box.machine)).toBe('running');
      expect(await network.tdc('detectors')).toMatch(/^D1 .* ok /m);
    },
    testMs,
  );

  test(
    'a power cut takes nothing that was committed, and the box starts by itself',
    async () => {
      const { box } = world;
      await box.write('/etc/tdc/agent.yaml', quickPassages);
      await box.remembersEvents();
      await box.types('systemctl restart tdc-agent');
      await adapter.setDevices(traffic);
      await moreStored(world, 'D1', 50);
      await box.machine.cutPower();
      await box.machine.boot();
      adapter = await world.plugIn();
      await box.findsTimeServer();
      await adapter.setDevices(traffic);
      await box.reports('sightings after the power cut', ({ scanners }) =>
        scanners.some(({ sightings }) => sightings > 20),
      );
      await adapter.setDevices([]);
      await expectConservation(world, 'D1');
    },
    testMs,
  );

  test.each([
    ['an upgrade', laterVersion, 'apt-get update && apt-get upgrade -y'],
    ['a downgrade', firstVersion, `apt-get install -y --allow-downgrades tdc-agent=${firstVersion}`],
  ])(
    '%s loses no event of a running agent',
    async (what, version, command) => {
      const { box } = world;
      world.publish(laterVersion);
      const before = (await box.status())?.started_at;
      await adapter.setDevices(traffic);
      await moreStored(world, 'D1', (await storedEvents(world.network, 'D1')).length + 30);
      await box.types(command);
      expect(await box.machine.shell('dpkg -s tdc-agent | grep ^Version')).toBe(`Version: ${version}\n`);
      expect(await box.machine.shell('systemctl is-enabled tdc-agent; systemctl is-active tdc-agent')).toBe(
        'enabled\nactive\n',
      );
      const heard = ({
        started_at: startedAt,
        scanners,
      }: {
        started_at: string | null;
        scanners: readonly { sightings: number }[];
      }) => startedAt !== before && scanners.some(({ sightings }) => sightings > 20);
      await box.reports('an agent that was started again and hears', heard);
      await adapter.setDevices([]);
      await expectConservation(world, 'D1');
      keepTranscript(what.split(' ')[1] ?? '');
    },
    testMs,
  );

  test(
    '72 hours of a busy road without a collector arrive, every event, within the memory of the unit',
    async () => {
      const { box } = world;
      const before = (await storedEvents(world.network, 'D1')).length;
      const peakBefore = await box.memoryPeakMb();
      world.leave();
      await box.types('systemctl stop tdc-agent');
      const fromMs = Date.now() - 73 * hourMs;
      const recording = await recordHours({ directory: world.shared, fromMs, hours: 72, vehiclesPerHour: 600 });
      chmodSync(recording, 0o644);
      const expected = expectedPassages(await readRecording(recording), 'D1').length;
      const replayed = await box.types(
        `tdc-agent replay /mnt/${basename(recording)} --speed max --no-send --passage-gap-seconds 30`,
      );
      const summary = JSON.parse(replayed.trim().split('\n').at(-1) ?? '');
      await box.types('systemctl start tdc-agent');
      await box.reports('the backlog', ({ events }) => events.in_outbox >= expected);
      world.comeBack();
      const startedSeconds = await box.uptimeSeconds();
      await adapter.setDevices([]);
      await expectConservation(world, 'D1', expected);
      const seconds = (await box.uptimeSeconds()) - startedSeconds;
      const peak = await box.memoryPeakMb();
      console.log(
        `72 hours: ${expected} events, sent in ${seconds.toFixed(0)} s of the guest; peak memory of the service ${peak.toFixed(0)} MB, without a backlog ${peakBefore.toFixed(0)} MB`,
      );
      expect(summary.in_outbox).toBe(expected);
      expect((await storedEvents(world.network, 'D1')).length).toBeGreaterThanOrEqual(before + expected);
      expect(peak).toBeLessThan(memoryHighMb);
    },
    testMs,
  );

  test(
    'a removal leaves state and configuration, and a purge nothing but the user and the key of the packages',
    async () => {
      const { box, network } = world;
      await box.types('apt-get remove -y tdc-agent');
      await box.machine.shell(`test -e ${stateDir}/outbox.sqlite && test -e /etc/tdc/agent.yaml && ! pgrep tdc-agent`);
      await box.types('apt-get purge -y tdc-agent');
      keepTranscript('purge');
      const left = (await box.systemFiles()).filter((path) => !filesBefore.includes(path)).sort();
      expect(left).toEqual([
        '/etc/apt/keyrings/tdc.asc',
        '/etc/apt/sources.list.d/tdc.list',
        '/root/key.json',
        '/root/tdc.asc',
      ]);
      expect(await box.machine.shell('getent passwd tdc-agent')).toContain('tdc roadside agent');
      expect(await network.tdc('detectors', '--silent-after', '1s')).toMatch(/^D1 .* silent /m);
      expect(await box.machine.shell('systemctl list-unit-files "tdc-*" --no-legend')).toBe(
        'tdc-control.service static -\n',
      );
    },
    testMs,
  );

  test(
    'a box without a keyboard enrols at its start by the file on its boot partition, and goes on',
    async () => {
      const { box, network } = world;
      await box.types('apt-get install -y tdc-agent');
      await box.write('/etc/tdc/agent.yaml', quickPassages);
      await box.types('tdc-agent key import --detector-id D2 </root/key.json');
      await box.machine.shell(
        `mkdir /boot/firmware; echo '${await network.token('D2', world.collector)}' >/boot/firmware/tdc-enrol.txt; sync`,
      );
      await box.machine.cutPower();
      await box.machine.boot();
      adapter = await world.plugIn();
      await box.findsTimeServer();
      await adapter.setDevices(traffic);
      await moreStored(world, 'D2', 10);
      expect(await box.machine.shell('ls -A /boot/firmware')).toBe('');
      expect(await box.machine.shell('systemctl is-enabled tdc-agent tdc-enrol')).toBe('enabled\nenabled\n');
      await box.types('journalctl --no-pager -b -u tdc-enrol -o cat');
      keepTranscript('boot-file');
      expect(await systemState(box.machine)).toBe('running');
    },
    testMs,
  );
});
