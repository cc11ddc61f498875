import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { Etcd3 } from 'etcd3';
import { expect, test } from 'vitest';
import { seededRandom } from './harness/random.ts';

const seconds = Number(process.env.TDC_TEST_CLUSTER_SECONDS ?? 60);
const seed = Number(process.env.TDC_TEST_SEED ?? 1);
const names = Array.from({ length: 12 }, (_, n) => `D${n}`);
const takeOverMsMax = 10_000;
const script = fileURLToPath(new URL('./harness/claim-worker.ts', import.meta.url));

class Worker implements AsyncDisposable {
  readonly #args: readonly string[];
  #child: ChildProcess;

  constructor(args: readonly string[]) {
    this.#args = args;
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    return spawn(process.execPath, [script, ...this.#args], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Looks at the claims all the time; remembers for how long each name was longest without one. */
function watchGaps(claimed: () => Promise<ReadonlyMap<string, string>>, signal: AbortSignal) {
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

interface Written {
  readonly revision: bigint;
  readonly key: string;
  /** Absent: removed. */
  readonly value: string | undefined;
}

/** Everything that ever happened to claims and checkpoints, in the order of revisions. */
async function history(endpoints: readonly string[], through: bigint): Promise<readonly Written[]> {
  const client = new Etcd3({ hosts: [...endpoints] });
  const found: Written[] = [];
  const watch = async (prefix: string) => {
    const watcher = await client.watch().prefix(prefix).startRevision('1').create();
    const done = Promise.withResolvers<void>();
    watcher.on('data', ({ events, header }) => {
      for (const { type, kv } of events) {
        const value = type === 'Put' ? kv.value.toString() : undefined;
        found.push({ revision: BigInt(kv.mod_revision), key: kv.key.toString(), value });
      }
      if (BigInt(header.revision) >= through) done.resolve();
    });
    // A last write under the prefix makes sure that an answer at or after the revision comes.
    await client.put(`${prefix}end`).value('');
    await done.promise;
    await watcher.cancel();
  };
  await watch('/tdc/claims/');
  await watch('/tdc/checkpoints/');
  client.close();
  return found.sort((a, b) => (a.revision < b.revision ? -1 : 1));
}

test(
  `${seconds} seconds of killed and paused workers and members: nobody writes under a claim that another has, and all work is taken over in time`,
  async () => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    const logger = createLogger({ level: 'silent' });
    const options = { endpoints: cluster.endpoints, prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
    const never = new AbortController().signal;
    await using repository = await openEtcdRepository(options, never);
    await using stack = new AsyncDisposableStack();
    const workers = ['a', 'b', 'c'].map((id) =>
      stack.use(new Worker([id, cluster.endpoints.join(','), names.join(',')])),
    );
    await expect.poll(async () => (await repository.claims.claims(never)).size, { timeout: 20_000 }).toBe(names.length);
    const loads = Map.groupBy((await repository.claims.claims(never)).values(), (worker) => worker);
    await expect
      .poll(
        async () => {
          const now = Map.groupBy((await repository.claims.claims(never)).values(), (worker) => worker);
          return [...now.values()].map(({ length }) => length).sort();
        },
        { timeout: 20_000, message: `even shares, at first ${JSON.stringify([...loads])}` },
      )
      .toEqual([4, 4, 4]);

    const over = new AbortController();
    const gaps = watchGaps(() => repository.claims.claims(never), over.signal);
    const random = seededRandom(seed);
    const endMs = performance.now() + seconds * 1000;
    let strikes = 0;
    while (performance.now() < endMs) {
      strikes++;
      const worker = random.pick(workers);
      const member = random.pick(cluster.members);
      const what = random.pick(['worker killed', 'worker paused', 'member killed', 'member paused'] as const);
      if (what === 'worker killed') {
        await worker.kill();
        await wait(random.between(0, 7000));
        await worker.restart();
      } else if (what === 'worker paused') {
        // Longer than its lease, so that it wakes up with claims that others have.
        worker.signal('SIGSTOP');
        await wait(random.between(5500, 8000));
        worker.signal('SIGCONT');
      } else if (what === 'member killed') {
        await member.kill();
        await wait(random.between(500, 3000));
        member.start();
      } else {
        member.signal('SIGSTOP');
        await wait(random.between(500, 3000));
        member.signal('SIGCONT');
      }
      await wait(random.between(1000, 3000));
    }
    await cluster.healthy();
    await expect
      .poll(async () => (await repository.claims.claims(never)).size, { timeout: takeOverMsMax })
      .toBe(names.length);
    over.abort();
    await gaps.running;
    for (const worker of workers) await worker.kill();

    const last = BigInt(/"revision":(\d+)/.exec(cluster.ctl('get', 'x', '--write-out=json'))?.[1] ?? '0');
    const holder = new Map<string, bigint>();
    const counts = new Map<string, number>();
    let writes = 0;
    for (const { revision, key, value } of await history(cluster.endpoints, last)) {
      const [, , family = '', name = ''] = key.split('/');
      if (name === 'end') continue;
      if (family === 'claims') {
        if (value === undefined) holder.delete(name);
        else {
          expect(holder.has(name), `${name} claimed twice at ${revision}`).toBe(false);
          holder.set(name, revision);
        }
        continue;
      }
      const note = JSON.parse(value ?? '') as { fence: string; value: string };
      expect(holder.get(name), `${name} written at ${revision}`).toBe(BigInt(note.fence));
      const { count } = JSON.parse(note.value) as { count: number };
      // A write whose answer was lost is made once more, and is the same.
      const before = counts.get(name) ?? 0;
      expect([before, before + 1], `${name} at ${revision}`).toContain(count);
      counts.set(name, count);
      writes++;
    }
    expect(strikes).toBeGreaterThan(seconds / 12);
    expect(writes).toBeGreaterThan(seconds * 10);
    const longest = Math.max(0, ...gaps.longest.values());
    console.log(`${strikes} strikes, ${writes} writes, the longest without a worker ${Math.round(longest)} ms`);
    expect(longest).toBeLessThan(takeOverMsMax);
  },
  (seconds + 120) * 1000,
);
