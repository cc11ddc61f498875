import { setTimeout as wait } from 'node:timers/promises';
import { ClockQuality, type Event, Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Architecture } from '../../deploy/packages/package-kind.ts';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { agentCost } from './agent-cost.ts';
import { type BoxStatus, scannerOf } from './box.ts';
import { crowd, factsOf, knownDevices, knownFacts } from './known-devices.ts';
import { type RadioBox, radioBox } from './radio-box.ts';

/** Two hundred advertisements a second. */
const load = crowd(100, 500, 0x5b);
const loadAdvertisements = 3000;
const memoryMbMax = 150;

const sightingsOf = (events: readonly Event[], kind: Kind): number =>
  events.filter((event) => event.kind === kind).reduce((sum, { sightings }) => sum + sightings, 0);

const takenBy = (status: BoxStatus): number => scannerOf(status, 'ble').sightings;

/** Boots a machine with an agent for the tests that are declared beside it, and tests what may depend on the processor. Gives the machine, once it is booted. */
export function hearsAndForwards(architecture: Architecture): () => RadioBox {
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
    fromMs = await adapter.setDevices(knownDevices);
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
    await box.reports('five acknowledged events', ({ events }) => events.acknowledged === knownDevices.length, 120_000);
    const events = await listEvents(server.query);

    expect(events.map(factsOf)).toEqual(expect.arrayContaining([...knownFacts]));
    expect(events).toHaveLength(knownFacts.length);
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

  return () => world;
}
