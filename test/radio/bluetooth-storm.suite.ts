import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { agentCost } from './agent-cost.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { crowd } from './known-devices.ts';
import type { RadioBox } from './radio-box.ts';

const deviceCount = 2000;
const stormMs = 20_000;

/** Each with an advertisement every two seconds. */
const storm = crowd(deviceCount, 2000, 0x5a);
const phone: Device = { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 };

/** Tests a world whose agent has been started before, so that it has its compiled sources, as it has in a box. */
export function bluetoothStorm(world: () => RadioBox): void {
  test('of 2,000 devices with 1,000 advertisements a second nearly all become events, in little memory, beside the inquiries', async () => {
    const { adapter, box, machine, server } = world();
    await box.scannersRun();
    const before = await adapter.count();

    const fromMs = await adapter.setDevices([...storm, phone]);
    await wait(stormMs);
    const { memoryMb: memory } = await agentCost(machine, await box.agent.pid());
    const after = await adapter.count();
    // The storm goes on: an emulated machine that others slow down is behind it, and loses none for that.
    const during = await box.hears('classic', fromMs + stormMs / 2, 90_000);
    await adapter.setDevices([]);
    const heard = await until(
      'events of the storm',
      async () => {
        const events = await listEvents(server.query);
        const ids = new Set(
          events.filter(({ firstSeenNs }) => firstSeenNs / 1_000_000n >= fromMs).map(({ deviceId }) => deviceId),
        );
        return ids.size > 0.98 * deviceCount ? ids : undefined;
      },
      { timeoutMs: 120_000, pollMs: 1000 },
    );

    const rate = ((after.advertisements - before.advertisements) / stormMs) * 1000;
    const megabytes = memory.map((mb) => mb.toFixed(0)).join(' + ');
    console.log(`storm: ${Math.round(rate)} advertisements/s, ${heard.size} devices, ${megabytes} MB`);
    expect(rate).toBeGreaterThan(900);
    expect(memory).toHaveLength(3);
    expect(memory.reduce((sum, mb) => sum + mb)).toBeLessThan(150);
    expect(scannerOf(during, 'classic').last_error).toBe('');
  }, 300_000);
}
