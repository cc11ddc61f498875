import { setTimeout as wait } from 'node:timers/promises';
import { AddressClass, ClockQuality, DeviceClass, type Event, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { agentCost } from './agent-cost.ts';
import { bluetoothRecovery } from './bluetooth-recovery.suite.ts';
import { bluetoothStorm } from './bluetooth-storm.suite.ts';
import { type BoxStatus, scannerOf } from './box.ts';
import { driveBy } from './drive-by.suite.ts';
import { everyRadio } from './every-radio.suite.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { networkKey } from './network-key.ts';
import { powerCut } from './power-cut.suite.ts';
import { type RadioBox, radioBox } from './radio-box.ts';

const devices: readonly Device[] = [
  { kind: 'ble', address: '40:f3:08:11:22:33', addressType: 'public', rssiDbm: -61, intervalMs: 200 },
  { kind: 'ble', address: 'c4:5e:9f:01:02:03', addressType: 'random', rssiDbm: -72, intervalMs: 300 },
  { kind: 'ble', address: '5a:17:c0:ff:ee:01', addressType: 'random', rssiDbm: -83, intervalMs: 400 },
  { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 },
  { kind: 'classic', address: '00:1a:7d:da:71:14', classOfDevice: 0x240408, rssiDbm: -67 },
];

const expected = [
  { kind: Kind.KIND_BLE, addressClass: AddressClass.ADDRESS_CLASS_PUBLIC, rssiPeakDbm: -61, deviceClass: undefined },
  {
    kind: Kind.KIND_BLE,
    addressClass: AddressClass.ADDRESS_CLASS_RANDOM_STATIC,
    rssiPeakDbm: -72,
    deviceClass: undefined,
  },
  {
    kind: Kind.KIND_BLE,
    addressClass: AddressClass.ADDRESS_CLASS_RANDOM_RESOLVABLE,
    rssiPeakDbm: -83,
    deviceClass: undefined,
  },
  {
    kind: Kind.KIND_CLASSIC,
    addressClass: AddressClass.ADDRESS_CLASS_PUBLIC,
    rssiPeakDbm: -58,
    deviceClass: DeviceClass.DEVICE_CLASS_PHONE,
  },
  {
    kind: Kind.KIND_CLASSIC,
    addressClass: AddressClass.ADDRESS_CLASS_PUBLIC,
    rssiPeakDbm: -67,
    deviceClass: DeviceClass.DEVICE_CLASS_CAR_KIT,
  },
].map((event, index) => ({
  ...event,
  deviceId: networkKey.pseudonymOf(devices[index]?.kind ?? '', devices[index]?.address ?? ''),
}));

/** Two hundred advertisements a second. */
const load: readonly Device[] = Array.from({ length: 100 }, (_, index) => ({
  kind: 'ble',
  address: `c2:5b:00:00:00:${index.toString(16).padStart(2, '0')}`,
  addressType: 'random',
  rssiDbm: -50 - (index % 40),
  intervalMs: 500,
}));
const loadAdvertisements = 3000;
const memoryMbMax = 150;

const sightingsOf = (events: readonly Event[], kind: Kind): number =>
  events.filter((event) => event.kind === kind).reduce((sum, { sightings }) => sum + sightings, 0);

const takenBy = (status: BoxStatus): number => scannerOf(status, 'ble').sightings;

describe.each(['amd64', 'arm64'] as const)('on %s', (architecture) => {
  let world: RadioBox;
  let fromMs: number;
  let toMs: number;

  beforeAll(async () => {
    // Longer than two answers of a classic device can be apart.
    world = await radioBox(['--passage-gap-seconds', '10'], { architecture });
  }, 600_000);
  afterAll(() => world?.[Symbol.asyncDispose]());

  test('what is heard while the collector is away is kept on the box, also when the agent ends', async () => {
    const { adapter, box, machine, server } = world;
    server.leave();
    fromMs = await adapter.setDevices(devices);
    await until('two inquiries and many advertisements', async () => {
      const { advertisements, answers } = await adapter.count();
      return advertisements > 100 && answers >= 4 ? true : undefined;
    });
    await adapter.setDevices([]);
    toMs = await machine.nowMs();
    // What the agent holds back for as long as something older may come.
    await wait(4000);
    await box.stop();
    expect(await listEvents(server.query)).toEqual([]);
  }, 240_000);

  test('each device becomes an event with its kind, address class, device class, RSSI, and the pseudonym that the key gives', async () => {
    const { adapter, box, server } = world;
    server.comeBack();
    await box.startAgain();
    await box.reports('five acknowledged events', ({ events }) => events.acknowledged === devices.length, 120_000);
    const events = await listEvents(server.query);

    expect(
      events.map(({ kind, addressClass, deviceId, rssiPeakDbm, deviceClass }) => ({
        kind,
        addressClass,
        rssiPeakDbm,
        deviceClass,
        deviceId,
      })),
    ).toEqual(expect.arrayContaining(expected));
    expect(events).toHaveLength(expected.length);
    for (const { firstSeenNs, lastSeenNs, clockQuality } of events) {
      expect(Number(firstSeenNs / 1_000_000n)).toBeGreaterThanOrEqual(fromMs);
      // And what was on its way then.
      expect(Number(lastSeenNs / 1_000_000n)).toBeLessThan(toMs + 3000);
      expect(clockQuality).toBe(ClockQuality.CLOCK_QUALITY_SYNCHRONISED);
    }
    const { advertisements, answers } = await adapter.count();
    // What comes while noble starts its scan anew is not heard.
    expect(sightingsOf(events, Kind.KIND_BLE)).toBeGreaterThan(0.8 * advertisements);
    expect(sightingsOf(events, Kind.KIND_BLE)).toBeLessThanOrEqual(advertisements);
    expect(sightingsOf(events, Kind.KIND_CLASSIC)).toBe(answers);
  }, 240_000);

  // From its second start on the agent has its compiled sources, as it has in a box.
  test('two hundred advertisements a second take little memory', async () => {
    const { adapter, box, machine } = world;
    const before = takenBy(await box.scannersRun());
    const costBefore = await agentCost(machine, await box.agent.pid());
    const counted = (await adapter.count()).advertisements;
    await adapter.setDevices(load);
    await until('advertisements', async () =>
      (await adapter.count()).advertisements - counted > loadAdvertisements ? true : undefined,
    );
    await adapter.setDevices([]);
    const sent = (await adapter.count()).advertisements - counted;
    const after = await box.reports('sightings', (now) => takenBy(now) - before > 0.9 * sent, 120_000);
    const cost = await agentCost(machine, await box.agent.pid());

    const processorMs = (cost.processorMs - costBefore.processorMs) / (takenBy(after) - before);
    const memory = cost.memoryMb.map((mb) => mb.toFixed(0)).join(' + ');
    console.log(`${architecture}, emulated: ${processorMs.toFixed(2)} ms of processor time a sighting, ${memory} MB`);
    expect(cost.memoryMb).toHaveLength(3);
    expect(cost.memoryMb.reduce((sum, mb) => sum + mb)).toBeLessThan(memoryMbMax);
  }, 240_000);

  // The rest is no matter of the processor.
  if (architecture === 'amd64') {
    bluetoothStorm(() => world);
    driveBy(() => world);
    describe('after what goes wrong', () => bluetoothRecovery(() => world));
    describe('with every radio', () => everyRadio(() => world));
    describe('when the power is cut', () => powerCut(() => world));
  }
});
