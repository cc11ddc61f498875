import { setTimeout as wait } from 'node:timers/promises';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { expect, test } from 'vitest';
import { expectOneAtATime } from './harness/claim-history.ts';
import type { Namespaces } from './harness/namespaces.ts';
import { type Random, seededRandom } from './harness/random.ts';
import { namespacesIfAllowed, placeIn } from './harness/run-place.ts';
import { cutOff, memberStrikes, type Strike, Strikes } from './harness/strikes.ts';
import { until } from './harness/until.ts';
import { Worker } from './harness/worker.ts';

const seconds = Number(process.env.TDC_TEST_CLUSTER_SECONDS ?? 40);
const seed = Number(process.env.TDC_TEST_SEED ?? 1);
const names = Array.from({ length: 12 }, (_, n) => `D${n}`);
/** Names as EtcdCluster gives them. */
const memberNames = ['m0', 'm1', 'm2'];
const workerNames = ['a', 'b', 'c'];
const takeOverMsMax = 10_000;

type Claimed = () => Promise<ReadonlyMap<string, string>>;

/** Looks at the claims all the time; remembers for how long each name was longest without one in etcd. */
function watchGaps(claimed: Claimed, signal: AbortSignal) {
  const since = new Map<string, number>();
  const longest = new Map<string, number>();
  const running = (async () => {
    while (!signal.aborted) {
      const now = await claimed().catch(() => undefined);
      for (const name of now === undefined ? [] : names) {
        if (now?.has(name)) {
          since.delete(name);
          continue;
        }
        const began = since.get(name) ?? performance.now();
        since.set(name, began);
        longest.set(name, Math.max(longest.get(name) ?? 0, performance.now() - began));
      }
      await wait(100);
    }
  })();
  return { longest, running };
}

/** What can happen to workers. */
function workerStrikes(
  workers: readonly Worker[],
  random: Random,
  lan: Namespaces | undefined,
  claimed: Claimed,
  takeOversMs: number[],
): Readonly<Record<string, Strike>> {
  const held = async (worker: Worker): Promise<readonly string[]> =>
    [...(await claimed())].flatMap(([name, holder]) => (holder === worker.name ? [name] : []));
  return {
    'worker killed': async () => {
      const worker = random.pick(workers);
      await worker.kill();
      await wait(random.between(0, 7000));
      await worker.restart();
    },
    'worker paused': async () => {
      const worker = random.pick(workers);
      // Longer than its lease, so that it wakes up with claims that others have.
      worker.signal('SIGSTOP');
      await wait(random.between(5500, 8000));
      worker.signal('SIGCONT');
    },
    ...(lan === undefined
      ? {}
      : {
          'worker cut off': () => cutOff(lan, random.pick(workers).name, random),
          'worker cut off until others have all it had': async () => {
            const worker = random.pick(workers);
            await until('claims to lose', async () => (await held(worker)).length > 0 || undefined);
            lan.cutOff(worker.name);
            const beganMs = performance.now();
            const isTakenOver = async () =>
              (await claimed()).size === names.length && (await held(worker)).length === 0 ? true : undefined;
            await until(`the claims of ${worker.name} to be taken over`, isTakenOver, { timeoutMs: takeOverMsMax });
            takeOversMs.push(performance.now() - beganMs);
            lan.rejoin(worker.name);
          },
        }),
  };
}

test(
  `${seconds} seconds of killed, paused and cut off workers and members: nobody writes under a claim that another has, and all work is taken over in time`,
  async () => {
    using lan = namespacesIfAllowed([...memberNames, ...workerNames]);
    await using cluster = await EtcdCluster.start({ places: memberNames.map((name) => placeIn(lan, name)) });
    const { endpoints } = cluster;
    const logger = createLogger({ level: 'silent' });
    const options = { endpoints, prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
    const never = new AbortController().signal;
    await using repository = await openEtcdRepository(options, never);
    const claimed: Claimed = () => repository.claims.claims(never);
    await using stack = new AsyncDisposableStack();
    const workers = workerNames.map((name) =>
      stack.use(
        new Worker(name, placeIn(lan, name).command, 'claim-worker.ts', [endpoints.join(','), names.join(',')]),
      ),
    );
    const loads = async () =>
      [...Map.groupBy((await claimed()).values(), (worker) => worker).values()].map(({ length }) => length);
    await expect.poll(loads, { timeout: 40_000, message: 'even shares' }).toEqual([4, 4, 4]);

    const over = new AbortController();
    const gaps = watchGaps(claimed, over.signal);
    const random = seededRandom(seed);
    const takeOversMs: number[] = [];
    const strikes = new Strikes(random, {
      ...workerStrikes(workers, random, lan, claimed, takeOversMs),
      ...memberStrikes(cluster, random, lan),
    });
    const endMs = performance.now() + seconds * 1000;
    while (performance.now() < endMs) {
      await strikes.next();
      await wait(random.between(1000, 3000));
    }
    await cluster.healthy();
    await expect.poll(async () => (await claimed()).size, { timeout: takeOverMsMax }).toBe(names.length);
    over.abort();
    await gaps.running;
    for (const worker of workers) await worker.kill();

    const writes = await expectOneAtATime(endpoints);
    const longest = Math.max(0, ...gaps.longest.values());
    const takeOver = Math.round(Math.max(0, ...takeOversMs));
    console.log(
      `struck: ${strikes.describe()}; ${writes} writes, the longest without a claim ${Math.round(longest)} ms, the longest from a cut to all taken over ${takeOver} ms`,
    );
    expect([...strikes.counts.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(seconds / 12);
    expect(writes).toBeGreaterThan(seconds * 10);
    expect(longest).toBeLessThan(takeOverMsMax);
  },
  (seconds + 120) * 1000,
);
