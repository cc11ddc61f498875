import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../src/harness/random.ts';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { Box, collectorOf, stateDir } from './box.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { VirtualMachine } from './virtual-machine.ts';

/** Ten in the long form: TDC_TEST_POWER_CUTS=10. */
const cuts = Number(process.env.TDC_TEST_POWER_CUTS ?? 1);
const outbox = `${stateDir}/outbox.sqlite`;

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');
/** Each is silent for longer than the gap: every advertisement becomes an event, about a hundred a second. */
const devices: readonly Device[] = Array.from({ length: 300 }, (_, index) => ({
  kind: 'ble',
  address: `c2:5a:00:00:${hex(index >> 8)}:${hex(index & 255)}`,
  addressType: 'random',
  rssiDbm: -50 - (index % 40),
  intervalMs: 3000,
}));

let machine: VirtualMachine;
beforeAll(async () => {
  machine = await VirtualMachine.boot();
}, 120_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

test('what was synchronised to the disk outlives a power cut, and a command works again after it', async () => {
  expect(await machine.shell('echo kept > /data/kept; sync /data/kept; node --version')).toBe(`${process.version}\n`);
  expect((await machine.run(['sh', '-c', 'echo broken >&2; exit 3'])).code).toBe(3);
  const busy = machine.start(['sh', '-c', 'while :; do echo busy; sleep 0.1; done']);
  await busy.line('a busy line', (line) => line === 'busy');

  await machine.cutPower();
  expect(busy.ended).toEqual({ code: null, signal: null });
  await machine.boot();

  expect(await machine.shell('cat /data/kept')).toBe('kept\n');
}, 300_000);

test(
  `what was committed before a power cut reaches the collector, once, ${cuts} cuts in a row`,
  async () => {
    await using server = await collectorOf(['D1']);
    const random = seededRandom(7);
    await machine.shell(`mkdir -m 700 -p ${stateDir} && node /project/test/radio/guest/plant-oracle.ts ${outbox}`);

    const start = async () => {
      const adapter = await BluetoothAdapter.plugIn(machine);
      return {
        adapter,
        box: await Box.start({ machine, server, scanners: 'ble', flags: ['--passage-gap-seconds', '1'] }),
      };
    };
    let stored = 0;
    for (let cut = 0; cut < cuts; cut++) {
      const { adapter } = await start();
      await adapter.setDevices(devices);
      const before = stored;
      await until(
        'events of this storm',
        async () => {
          stored = (await listEvents(server.query)).length;
          return stored > before + 100 ? true : undefined;
        },
        { timeoutMs: 60_000, pollMs: 500 },
      );
      await wait(random.between(0, 4000));
      await machine.cutPower();
      await machine.boot();
    }

    const committed = (await machine.shell(`node /project/test/radio/guest/committed-ids.ts ${outbox}`))
      .trim()
      .split('\n');
    const { box } = await start();
    await box.reports(
      'an empty outbox',
      ({ events }) => events.in_outbox === 0 && events.acknowledged > 0 && events.dropped.unknown === undefined,
    );
    const arrived = (await listEvents(server.query)).map(({ id }) => id);

    console.log(`power cuts: ${cuts}, committed ${committed.length}, arrived ${arrived.length}`);
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(new Set(committed).size).toBe(committed.length);
    expect(committed.filter((id) => !arrived.includes(id))).toEqual([]);
    expect(arrived.filter((id) => !committed.includes(id))).toEqual([]);
  },
  120_000 + cuts * 120_000,
);
