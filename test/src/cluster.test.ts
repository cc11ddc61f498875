import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EtcdCluster, type EtcdMember } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, runAgents, startAgent, stateDirectory } from './harness/agent.ts';
import { committedIds, plantOracle } from './harness/oracle.ts';
import type { Program } from './harness/program.ts';
import { type Random, seededRandom } from './harness/random.ts';
import { listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { within } from './harness/until.ts';

const seconds = Number(process.env.TDC_TEST_CLUSTER_SECONDS ?? 60);
const seed = Number(process.env.TDC_TEST_SEED ?? 1);
const detectorIds = ['D1', 'D2', 'D3', 'D4'];
const network = { detectors: detectorIds.map((id, index) => ({ id, x: index * 1000, y: 0 })) };

/** What is struck, and how often: printed at the end, and none of it may be missing. */
const struck = new Map<string, number>();
const count = (what: string) => struck.set(what, (struck.get(what) ?? 0) + 1);

/** A collector over etcd that is killed and started again behind a proxy whose address stays. */
class Collector implements AsyncDisposable {
  readonly proxy: TcpProxy;
  readonly #directory: string;
  readonly #flags: readonly string[];
  server: RunningServer | undefined;

  constructor(proxy: TcpProxy, directory: string, flags: readonly string[]) {
    this.proxy = proxy;
    this.#directory = directory;
    this.#flags = flags;
  }

  async start(): Promise<void> {
    this.server = await startServer(this.#directory, ...this.#flags);
    this.proxy.target = this.server.collector;
  }

  async kill(): Promise<void> {
    this.proxy.target = undefined;
    await this.server?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** One thing goes wrong for a while, and is put right. */
async function strike(random: Random, members: readonly EtcdMember[], collectors: readonly Collector[]): Promise<void> {
  const member = random.pick(members);
  const collector = random.pick(collectors);
  const whileMs = random.between(500, 4000);
  const what = random.pick([
    'member killed',
    'member paused',
    'collector killed',
    'connections cut',
    'majority killed',
  ] as const);
  count(what);
  switch (what) {
    case 'member killed':
      await member.kill();
      await wait(whileMs);
      member.start();
      break;
    case 'member paused':
      member.signal('SIGSTOP');
      await wait(whileMs);
      member.signal('SIGCONT');
      break;
    case 'collector killed':
      await collector.kill();
      await wait(whileMs);
      await collector.start();
      break;
    case 'connections cut':
      collector.proxy.cutAll();
      break;
    case 'majority killed': {
      const two = members.filter((each) => each !== member);
      await Promise.all(two.map((each) => each.kill()));
      await wait(whileMs);
      for (const each of two) each.start();
      break;
    }
  }
  await wait(random.between(200, 2000));
}

test(
  `${seconds} seconds of kills and pauses in a cluster of three lose no acknowledged event and double none`,
  async () => {
    await using folder = await temporaryDirectory();
    const directory = folder.path;
    await using cluster = await EtcdCluster.start({ members: 3 });
    const flags = ['--repository', 'etcd', '--etcd-endpoints', cluster.endpoints.join(',')];
    const collectors: Collector[] = [];
    for (const name of ['one', 'two']) {
      await mkdir(join(directory, name));
      collectors.push(new Collector(await TcpProxy.start(), join(directory, name), flags));
    }
    await using stack = new AsyncDisposableStack();
    for (const collector of collectors) stack.use(collector);
    for (const collector of collectors) await collector.start();
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
    while (performance.now() < endMs) await strike(random, cluster.members, collectors);

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
    console.log(`struck: ${[...struck].map(([what, times]) => `${what} ${times}`).join(', ')}`);
    expect([...struck.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(seconds / 10);
  },
  (seconds + 240) * 1000,
);
