import { setTimeout as wait } from 'node:timers/promises';
import { AddressClass, ClockQuality, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { beforeAll, expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { spellingsOfMac } from '../src/harness/spellings.ts';
import { until } from '../src/harness/until.ts';
import { scannerOf, stateDir } from './box.ts';
import { type EventFacts, factsOf, knownDevices, knownFacts } from './known-devices.ts';
import { networkKey } from './network-key.ts';
import type { RadioBox } from './radio-box.ts';
import type { CommandResult } from './virtual-machine.ts';
import { accessPoint, connectedClient, monitorInterface, probingClients, scanInterface, WifiAir } from './wifi-air.ts';

const resumeMsMax = 20_000;
/** A channel that no country allows. */
const forbiddenChannel = 177;

/** What an event must say of a Wi-Fi client or access point. */
const wifiFacts = (address: string, addressClass: AddressClass, rssiPeakDbm: number): EventFacts => ({
  kind: Kind.KIND_WIFI,
  addressClass,
  deviceId: networkKey.pseudonymOf('wifi', address),
  rssiPeakDbm,
  deviceClass: undefined,
});
const { ADDRESS_CLASS_PUBLIC: globalAddress, ADDRESS_CLASS_LOCAL: local } = AddressClass;
/** Who is not connected is heard at -50 dBm there. */
const [firstProbing = '', secondProbing = ''] = probingClients.map(({ address }) => address);
const clientFacts = [
  wifiFacts(connectedClient.address, globalAddress, -40),
  wifiFacts(firstProbing, globalAddress, -50),
  wifiFacts(secondProbing, local, -50),
];
/** Listed by NetworkManager, whose scale ends at -40 dBm: were its own frames taken, it would be -30. */
const accessPointFacts = wifiFacts(accessPoint.address, globalAddress, -40);

/** Leaves the agent ended. */
export function everyRadio(world: () => RadioBox): void {
  let air: WifiAir;
  let madeBefore = 0;
  let sinceMs = 0;
  let doctor: Promise<CommandResult>;

  beforeAll(async () => {
    const { machine, adapter, box } = world();
    madeBefore = (await box.stop())?.events.made ?? 0;
    await adapter.setDevices([]);
    air = await WifiAir.fill(machine);
    // A gap that is longer than two answers of a classic device, or two lists of access points, can be apart.
    const passages = ['--passage-gap-seconds', '20', '--passage-seconds-max', '25'];
    const interfaces = ['--wifi-interface', monitorInterface, '--wifi-access-points-interface', scanInterface];
    const channels = ['--wifi-channels', `1,6,${forbiddenChannel}`, '--wifi-dwell-ms', '400'];
    const lists = ['--wifi-scan-seconds', '5'];
    sinceMs = await machine.nowMs();
    await box.startAgain({
      scanners: 'ble,classic,wifi-monitor,wifi-access-points',
      flags: [...passages, ...interfaces, ...channels, ...lists],
    });
    await box.scannersRun();
  }, 240_000);

  test('each device of every radio becomes an event with its kind, address class, device class, RSSI, and the pseudonym that the key gives', async () => {
    const { adapter, box, server, machine } = world();
    const own = (await machine.shell(`cat /sys/class/net/${scanInterface}/address`)).trim();
    const before = await adapter.count();
    const fromMs = await adapter.setDevices(knownDevices);
    await air.startClients();
    await wait(12_000);
    await adapter.setDevices([]);
    await air.stopClients();
    // It takes as long to start as passages to end.
    const wanted = ['--scanners', 'wifi-monitor,wifi-access-points', '--wifi-interface', monitorInterface];
    doctor = box.command(['doctor', ...wanted, '--output', 'json']);
    const expected = [...knownFacts, ...clientFacts, accessPointFacts];
    // The box's own radio, which lists access points, is heard by the one that monitors.
    const ownId = networkKey.pseudonymOf('wifi', own);
    const events = await until(
      'an event of each',
      async () => {
        const all = (await listEvents(server.query)).filter(
          ({ deviceId, firstSeenNs }) => deviceId !== ownId && Number(firstSeenNs / 1_000_000n) >= sinceMs,
        );
        return all.length >= expected.length ? all : undefined;
      },
      { timeoutMs: 90_000 },
    );

    expect(events.map(factsOf)).toEqual(expect.arrayContaining(expected));
    expect(events).toHaveLength(expected.length);
    for (const { deviceId, firstSeenNs, lastSeenNs, clockQuality, resident } of events) {
      expect(clockQuality).toBe(ClockQuality.CLOCK_QUALITY_SYNCHRONISED);
      const isAccessPoint = deviceId === accessPointFacts.deviceId;
      expect(resident).toBe(isAccessPoint);
      if (isAccessPoint) continue;
      expect(Number(firstSeenNs / 1_000_000n)).toBeGreaterThanOrEqual(fromMs);
      expect(Number((lastSeenNs - firstSeenNs) / 1_000_000n)).toBeLessThan(25_000);
    }

    const status = await box.reports('all acknowledged', ({ events: { acknowledged, in_outbox } }) => {
      return acknowledged >= madeBefore + expected.length && in_outbox === 0;
    });
    const after = await adapter.count();
    const advertisements = after.advertisements - before.advertisements;
    // What comes while noble starts its scan anew is not heard.
    expect(scannerOf(status, 'ble').sightings).toBeGreaterThan(0.8 * advertisements);
    expect(scannerOf(status, 'ble').sightings).toBeLessThanOrEqual(advertisements);
    expect(scannerOf(status, 'classic').sightings).toBe(after.answers - before.answers);
    // Each scanner tells of itself: a channel that the radio refuses keeps the others of this one from nothing, and no other scanner at all.
    expect(scannerOf(status, 'wifi-monitor').last_error).toMatch(/^wlan4 does not go to channel 177: iw: /);
    expect(scannerOf(status, 'wifi-monitor').malformed).toBe(0);
    expect(scannerOf(status, 'wifi-access-points')).toMatchObject({ state: 'running', last_error: '', malformed: 0 });
  }, 240_000);

  /** The scanner of Wi-Fi clients hears what is there from this moment on, within the time that it has for it. */
  const resumes = async () => world().box.hears('wifi-monitor', await world().machine.nowMs(), resumeMsMax);

  /** The status says of it what is wrong, and of no other scanner anything. */
  const tells = (problem: RegExp) =>
    world().box.reports(
      `"${problem.source}" of wifi-monitor alone`,
      (status) =>
        problem.test(scannerOf(status, 'wifi-monitor').last_error) &&
        ['ble', 'classic', 'wifi-access-points'].every((name) => scannerOf(status, name).last_error === ''),
      30_000,
    );

  test('doctor finds what both scanners of Wi-Fi need, and the interface that monitors', async () => {
    const { stdout } = await doctor;
    const findings = JSON.parse(stdout) as readonly { check: string; level: string; found: string }[];
    const ofWifi = findings.filter(({ check }) => ['wifi', 'programs', 'capabilities'].includes(check));
    expect(ofWifi).toContainEqual(expect.objectContaining({ found: `wifi-monitor takes ${monitorInterface}` }));
    expect(ofWifi.filter(({ level }) => level !== 'ok')).toEqual([]);
  }, 150_000);

  test('tcpdump that is killed is started again', async () => {
    await air.startClients();
    await resumes();
    await world().machine.shell('pkill -KILL tcpdump');
    await tells(/^tcpdump ended \(SIGKILL\)/);
    await resumes();
  }, 120_000);

  test('an interface that is removed is told, and heard again when it is back', async () => {
    const { machine } = world();
    const radio = (await machine.shell(`cat /sys/class/net/${monitorInterface}/phy80211/name`)).trim();
    await machine.shell(`iw dev ${monitorInterface} del`);
    await tells(/^(wlan4 is gone|no Wi-Fi interface wlan4)/);
    await machine.shell(`iw phy ${radio} interface add ${monitorInterface} type managed`);
    await resumes();
  }, 120_000);

  test('a radio that was switched off by rfkill is heard again after it was switched on', async () => {
    const rfkill = (what: string) =>
      world().machine.shell(`rfkill ${what} $(cat /sys/class/net/${monitorInterface}/phy80211/rfkill*/index)`);
    await rfkill('block');
    await tells(/rfkill/);
    await rfkill('unblock');
    await resumes();
  }, 120_000);

  test('at the end the interface is as it was, nothing that was buffered is lost, and no address is in anything that was written', async () => {
    const { box, machine, server } = world();
    await air.stopClients();
    const running = await machine.shell('ps -e -o args');
    expect(running).toMatch(/tcpdump -i wlan4/);
    expect(box.agent.ended).toBeUndefined();
    const last = await box.stop();
    const modes = await machine.shell(
      `iw dev ${monitorInterface} info; nmcli -g GENERAL.NM-MANAGED device show ${monitorInterface}`,
    );
    expect(modes).toMatch(/type managed/);
    expect(modes.trim().endsWith('yes')).toBe(true);

    const made = last?.events.made ?? 0;
    expect(made - madeBefore).toBeGreaterThan(9);
    expect(last?.events.dropped).toEqual({});
    await until('all events', async () => ((await listEvents(server.query)).length >= made ? true : undefined));

    const files = await machine.shell(`cd ${stateDir}; for file in outbox.sqlite*; do base64 -w 0 $file; echo; done`);
    const written = [
      ...files
        .trim()
        .split('\n')
        .map((line) => Buffer.from(line, 'base64')),
      Buffer.from(running),
      Buffer.from(box.agent.stdout + box.agent.stderr),
      Buffer.from(JSON.stringify(last)),
    ];
    expect(Buffer.concat(written).length).toBeGreaterThan(10_000);
    for (const address of [connectedClient.address, firstProbing, secondProbing, accessPoint.address]) {
      for (const { name, bytes } of spellingsOfMac(address)) {
        expect(
          written.some((each) => each.includes(bytes)),
          `${address} as ${name}`,
        ).toBe(false);
      }
    }
  }, 120_000);
}
