import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EtcdMember } from '@tdc/server/repositories/etcd/etcd-member.ts';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, runAgents, startAgent, stateDirectory } from './harness/agent.ts';
import { Collector } from './harness/collector.ts';
import type { Namespaces } from './harness/namespaces.ts';
import { committedIds, plantOracle } from './harness/oracle.ts';
import type { Program } from './harness/program.ts';
import { type Random, seededRandom } from './harness/random.ts';
import { listEvents, putDetectors } from './harness/rpc.ts';
import { namespacesIfAllowed, placeIn } from './harness/run-place.ts';
import { cutOff, memberStrikes, type Strike, Strikes } from './harness/strikes.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { within } from './harness/until.ts';

const seconds = Number(process.env.TDC_TEST_CLUSTER_SECONDS ?? 120);
const seed = Number(process.env.TDC_TEST_SEED ?? 1);
const detectorIds = ['D1', 'D2', 'D3', 'D4'];
/** Names as EtcdCluster gives them. */
const memberNames = ['m0', 'm1', 'm2'];
const collectorNames = ['c0', 'c1'];
/** In which every kind of strike comes once. */
const roundSecondsMax = 100;
const network = { detectors: detectorIds.map((id, index) => ({ id, x: index * 1000, y: 0 })) };

/** What can happen to collectors, beside what can happen to etcd. */
function collectorStrikes(
  collectors: readonly Collector[],
  random: Random,
  lan: Namespaces | undefined,
): Readonly<Record<string, Strike>> {
  const downMs = () => random.between(500, 4000);
  return {
    'collector killed': async () => {
      const collector = random.pick(collectors);
      await collector.kill();
      await wait(downMs());
      await collector.start();
    },
    'collector paused': async () => {
      const collector = random.pick(collectors);
      collector.signal('SIGSTOP');
      await wait(downMs());
      collector.signal('SIGCONT');
    },
    'connections cut': async () => random.pick(collectors).proxy.cutAll(),
    ...(lan === undefined ? {} : { 'collector cut off': () => cutOff(lan, random.pick(collectors).name, random) }),
  };
}

async function majorityKilled(members: readonly EtcdMember[], random: Random): Promise<void> {
  const spared = random.pick(members);
  const two = members.filter((each) => each !== spared);
  await Promise.all(two.map((each) => each.kill()));
  await wait(random.between(500, 4000));
  for (const each of two) each.start();
}

test(
  `${seconds} seconds of kills, pauses and cut networks in a cluster of three lose no acknowledged event and double none`,
  async () => {
    await using folder = await temporaryDirectory();
    const directory = folder.path;
    using lan = namespacesIfAllowed([...memberNames, ...collectorNames]);
    await using cluster = await EtcdCluster.start({ places: memberNames.map((name) => placeIn(lan, name)) });
    await using stack = new AsyncDisposableStack();
    const collectors: Collector[] = [];
    for (const name of collectorNames) {
      const own = { name, directory: join(directory, name), place: placeIn(lan, name) };
      await mkdir(own.directory);
      collectors.push(stack.use(await Collector.start({ ...own, etcdEndpoints: cluster.endpoints })));
    }
    await putDetectors(collectors[0]?.server?.collector ?? '', detectorIds);

    const keyFile = await makeKeyFile(directory, Date.now());
    const networkFile = join(directory, 'network.json');
    await writeFile(networkFile, JSON.stringify(network));
    const places = detectorIds.map((detectorId, index): AgentPlace => {
      const collector = collectors[index % collectors.length]?.proxy.address ?? '';
      return { directory, detectorId, keyFile, collector };
    });
    for (const place of places) {
      await mkdir(stateDirectory(place), { recursive: true, mode: 0o700 });
      plantOracle(join(stateDirectory(place), 'outbox.sqlite'));
    }
    const agentFlags = [
      ...['--uplink-backoff-ms-base', '50', '--uplink-backoff-ms-max', '500', '--passage-gap-seconds', '2'],
      ...['--outbox-flush-rows', '10', '--outbox-flush-ms', '100'],
    ];
    const scanning = [
      '--clock-trust',
      '--scanners',
      'simulated',
      '--simulation-network-file',
      networkFile,
      '--simulation-vehicles-per-hour',
      '20000',
    ];
    const agents: Program[] = places.map((place) =>
      stack.use(startAgent(place, ['run'], [...agentFlags, ...scanning])),
    );

    const random = seededRandom(seed);
    const endMs = performance.now() + seconds * 1000;
    const strikes = new Strikes(random, {
      ...memberStrikes(cluster, random, lan),
      ...collectorStrikes(collectors, random, lan),
      'majority killed': () => majorityKilled(cluster.members, random),
    });
    while (performance.now() < endMs) {
      await strikes.next();
      await wait(random.between(200, 2000));
    }
    console.log(`struck: ${strikes.describe()}`);

    await cluster.healthy();
    for (const agent of agents) agent.kill('SIGTERM');
    for (const agent of agents) await agent.exitsWith(0, 60_000);
    const summaries = await within(120_000, 'the outboxes to be drained', runAgents(places, ['drain'], agentFlags));

    const query = collectors[0]?.server?.query ?? '';
    for (const [index, place] of places.entries()) {
      const committed = committedIds(join(stateDirectory(place), 'outbox.sqlite'));
      const stored = (await listEvents(query, { detectorIds: [place.detectorId] })).map(({ id }) => id);
      expect(committed.length, place.detectorId).toBeGreaterThan(seconds / 2);
      expect(stored.toSorted(), place.detectorId).toEqual(committed.toSorted());
      expect(summaries[index]).toMatchObject({ made: committed.length, acknowledged: committed.length, dropped: 0 });
    }
    const counts = [...strikes.counts.values()];
    expect(counts.reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(seconds / 10);
    expect(Math.min(...counts), strikes.describe()).toBeGreaterThanOrEqual(Math.floor(seconds / roundSecondsMax));
  },
  (seconds + 240) * 1000,
);
