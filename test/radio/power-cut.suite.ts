import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../src/harness/random.ts';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import { BluetoothAdapter } from './bluetooth-adapter.ts';
import { stateDir } from './box.ts';
import { crowd } from './known-devices.ts';
import type { RadioBox } from './radio-box.ts';

/** Ten in the long form: TDC_TEST_POWER_CUTS=10. */
const cuts = Number(process.env.TDC_TEST_POWER_CUTS ?? 1);
const outbox = `${stateDir}/outbox.sqlite`;

/** Each is silent for longer than the gap: every advertisement becomes an event, about a hundred a second. */
const devices = crowd(300, 3000, 0x5a);

/** The last that a world is used for. */
export function powerCut(world: () => RadioBox): void {
  test(
    `what was committed before a power cut reaches the collector, once, ${cuts} cuts in a row`,
    async () => {
      const { box, machine, server } = world();
      const random = seededRandom(7);
      const stored = async () => (await listEvents(server.query)).map(({ id }) => id);
      const ofBefore = new Set(await stored());
      if (box.agent.ended === undefined) await box.stop();
      // A new outbox, which remembers all events that ever were committed.
      await machine.shell(`rm ${outbox}*; node /project/test/radio/guest/plant-oracle.ts ${outbox}`);
      await machine.shell('echo kept > /data/kept; sync /data/kept');
      await box.startAgain({ scanners: 'ble', flags: ['--passage-gap-seconds', '1'] });

      for (let cut = 0; cut < cuts; cut++) {
        await world().adapter.setDevices(devices);
        const before = (await stored()).length;
        await until('events of this storm', async () => ((await stored()).length > before + 100 ? true : undefined), {
          timeoutMs: 60_000,
          pollMs: 500,
        });
        await wait(random.between(0, 4000));
        await machine.cutPower();
        await machine.boot();
        expect(await machine.shell('cat /data/kept')).toBe('kept\n');
        world().adapter = await BluetoothAdapter.plugIn(machine);
        await box.startAgain();
      }
      await box.reports(
        'an empty outbox',
        ({ events }) => events.in_outbox === 0 && events.acknowledged > 0 && events.dropped.unknown === undefined,
      );
      await box.stop();
      const committed = (await machine.shell(`node /project/test/radio/guest/committed-ids.ts ${outbox}`))
        .trim()
        .split('\n');
      const arrived = (await stored()).filter((id) => !ofBefore.has(id));

      console.log(`power cuts: ${cuts}, committed ${committed.length}, arrived ${arrived.length}`);
      expect(new Set(arrived).size).toBe(arrived.length);
      expect(new Set(committed).size).toBe(committed.length);
      expect(committed.filter((id) => !arrived.includes(id))).toEqual([]);
      expect(arrived.filter((id) => !committed.includes(id))).toEqual([]);
    },
    120_000 + cuts * 120_000,
  );
}
