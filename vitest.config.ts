import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest begins first: else the end of a run is one file, on one processor. */
const longest = [
  'test/src/faults',
  'test/src/cluster',
  'test/src/console',
  'test/src/remote-configuration',
  'test/src/estimators',
  'test/src/clock',
  'agent/src/tdc-agent',
  'test/src/claims',
  'test/src/stalled-agent',
  'agent/src/commands/scan',
  'test/src/bad-input',
  'test/src/enrolment',
  'server/src/repositories/etcd/etcd',
  'agent/src/scanners/bluetooth',
  'test/src/rpc-properties',
  'test/src/key-custody',
  'agent/src/scanners/exec',
  'test/src/long-outage',
  'test/src/demo',
  'agent/src/scanners/wifi-monitor',
  'agent/src/simulation/simulation',
  'test/src/alerts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

const besideCode = '{shared,agent,server,custodian}/**/*.test.ts';
/** What makes networks for itself, and cuts them. */
const ownNetworks = 'cluster|claims|estimators|namespaces';

/** One group after the other. */
const inGroup = (groupOrder: number) => ({ groupOrder, sequencer: LongestFirst });

export default defineConfig({
  test: {
    // Programs that tests start keep their compiled sources here: half the time to start.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/tdc-compiled') },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // On two cores: tests wait for a third of their time.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        // A new process for each file loads modules for a third of a second. What stands beside the code leaves nothing behind in one.
        test: { name: 'beside the code', include: [besideCode], isolate: false, sequence: inGroup(0) },
      },
      {
        extends: true,
        test: { name: 'own networks', include: [`test/**/@(${ownNetworks}).test.ts`], sequence: inGroup(0) },
      },
      // Browsers are among these: one gives up what it has asked for when a network comes to the machine or goes.
      {
        extends: true,
        test: { name: 'whole system', include: [`test/**/!(${ownNetworks}).test.ts`], sequence: inGroup(1) },
      },
    ],
  },
});
