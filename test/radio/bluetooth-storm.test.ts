import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { scannerOf } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { bluetoothBox } from './radio-box.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const deviceCount = 2000;
const stormMs = 20_000;

/** Random static addresses, each with an advertisement every two seconds. */
const storm: readonly Device[] = Array.from({ length: deviceCount }, (_, index) => ({
  kind: 'ble',
  address: `c2:5a:00:00:${hex(index >> 8)}:${hex(index & 255)}`,
  addressType: 'random',
  rssiDbm: -50 - (index % 40),
  intervalMs: 2000,
}));
const phone: Device = { kind: 'classic', address: '00:1a:7d:da:71:13', classOfDevice: 0x5a020c, rssiDbm: -58 };

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

/** Memory of the processes of an agent, each with its share of what they have in common (PSS), in MB. */
async function memoryMb(machine: VirtualMachine, pid: number): Promise<readonly number[]> {
  const text = await machine.shell(`for pid in $(pgrep -g ${pid}); do grep ^Pss: /proc/$pid/smaps_rollup; done`);
  return text
    .trim()
    .split('\n')
    .map((line) => Number(/(\d+) kB$/.exec(line)?.[1]) / 1000);
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

test('of 2,000 devices with 1,000 advertisements a second nearly all become events, in little memory, beside the inquiries', async () => {
  await using world = await bluetoothBox('--passage-gap-seconds', '10');
  const { adapter, box, machine, server } = world;
  // From its second start on the agent has its compiled sources, as it has in a box.
  box.agent.kill('SIGTERM');
  await box.agent.exitsWith(0);
  await box.startAgain();
  await box.reports('running scanners', ({ scanners }) => scanners.every(({ state }) => state === 'running'));
  const before = await adapter.count();

  const fromMs = await adapter.setDevices([...storm, phone]);
  await wait(stormMs);
  const memory = await memoryMb(machine, await box.agent.pid());
  const after = await adapter.count();
  const during = await box.hears('classic', fromMs + stormMs / 2, 10_000);
  await adapter.setDevices([]);
  const heard = await until(
    'events of the storm',
    async () => {
      const events = await listEvents(server.query);
      return events.length > 0.98 * deviceCount ? events : undefined;
    },
    { timeoutMs: 60_000, pollMs: 1000 },
  );

  const rate = ((after.advertisements - before.advertisements) / stormMs) * 1000;
  console.log(
    `storm: ${Math.round(rate)} advertisements/s, ${heard.length} events, ${memory.map((mb) => mb.toFixed(0)).join(' + ')} MB`,
  );
  expect(rate).toBeGreaterThan(900);
  expect(new Set(heard.map(({ deviceId }) => deviceId)).size).toBeGreaterThan(0.98 * deviceCount);
  expect(memory).toHaveLength(3);
  expect(sumOf(memory)).toBeLessThan(150);
  expect(scannerOf(during, 'classic').last_error).toBe('');
}, 300_000);
