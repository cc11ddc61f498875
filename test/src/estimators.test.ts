import { setTimeout as wait } from 'node:timers/promises';
import { DestinationReplay } from '@tdc/server/estimator/destination-replay.ts';
import { Publication } from '@tdc/server/estimator/publication.ts';
import { SignsOfLife } from '@tdc/server/estimator/signs-of-life.ts';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import type { PublishedEstimate, Repository } from '@tdc/server/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import type { Link } from '@tdc/shared/network.ts';
import { expect, test } from 'vitest';
import { carsAlong } from './harness/made-up-cars.ts';
import type { Namespaces } from './harness/namespaces.ts';
import { type Random, seededRandom } from './harness/random.ts';
import { namespacesIfAllowed, placeIn } from './harness/run-place.ts';
import { cutOff, memberStrikes, type Strike, Strikes } from './harness/strikes.ts';
import { Worker } from './harness/worker.ts';

const seconds = Number(process.env.TDC_TEST_CLUSTER_SECONDS ?? 40);
const seed = Number(process.env.TDC_TEST_SEED ?? 1);
/** Minutes of traffic a second. */
const speed = 60;
const minuteMs = 60_000;
/** In the first half of a term, so that a longer run goes over the end of one. */
const t0 = 1_700_006_400_000 - (1_700_006_400_000 % 10_800_000) + 3600_000;
const detectorIds = ['A', 'B', 'C', 'D', 'E'];
const links: readonly Link[] = detectorIds.slice(1).flatMap((id, i) => {
  const ends = [detectorIds[i] ?? '', id] as const;
  return [ends, ends.toReversed()].map(([fromDetectorId = '', toDetectorId = '']) => ({
    ...{ fromDetectorId, toDetectorId, maxSeconds: 900, lengthM: 1200 },
  }));
});
const memberNames = ['m0', 'm1', 'm2'];
const workerNames = ['a', 'b'];
const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });

function workerStrikes(
  workers: readonly Worker[],
  random: Random,
  lan: Namespaces | undefined,
): Record<string, Strike> {
  return {
    'worker killed': async () => {
      const worker = random.pick(workers);
      await worker.kill();
      await wait(random.between(0, 4000));
      await worker.restart();
    },
    'worker paused': async () => {
      const worker = random.pick(workers);
      worker.signal('SIGSTOP');
      await wait(random.between(1000, 7000));
      worker.signal('SIGCONT');
    },
    ...(lan === undefined ? {} : { 'worker cut off': () => cutOff(lan, random.pick(workers).name, random) }),
  };
}

/** Has the events committed when the time for them has come, however long it takes. */
async function feed(repository: Repository, events: readonly DetectionEvent[], nowMs: () => number): Promise<void> {
  for (let next = 0; next < events.length; ) {
    const due = events.slice(next).filter(({ madeAtMs }) => madeAtMs <= nowMs());
    const stored =
      due.length > 0 &&
      (await repository.events.append(due, never).then(
        () => true,
        () => false,
      ));
    if (stored) next += due.length;
    await wait(50);
  }
}

async function published(repository: Repository, link: Link, fromMs: number, toMs: number) {
  const { fromDetectorId, toDetectorId } = link;
  const found: PublishedEstimate[] = [];
  for (let from = fromMs, more = true; more; ) {
    const range = { fromDetectorId, toDetectorId, fromMs: from, toMs: toMs + 1, limit: 1000 };
    const page = await repository.estimates.scan({ ...range, order: 'oldest-first', revisions: 'all' }, never);
    found.push(...page.estimates);
    more = page.more;
    from = (page.estimates.at(-1)?.timeMs ?? 0) + 1;
  }
  return found;
}

/** What one estimator publishes whom nothing disturbs. */
async function undisturbed(
  repository: Repository,
  link: Link,
  fromMs: number,
  toMs: number,
): Promise<readonly unknown[]> {
  const destination = { detectorId: link.toDetectorId, links, estimator: 'grid-filter', rotating: true } as const;
  const replay = new DestinationReplay(destination, fromMs - minuteMs);
  const signs = new SignsOfLife(repository.statuses, systemClock, logger);
  const publication = new Publication(repository.estimates, signs);
  const found: unknown[] = [];
  for await (const result of replay.past(repository.events, toMs, never)) {
    for (const { fromDetectorId, timeMs, estimate } of publication.ready(result, replay)) {
      if (fromDetectorId === link.fromDetectorId) found.push({ timeMs, estimate });
    }
  }
  return found;
}

const lastRevisions = (estimates: readonly PublishedEstimate[]) =>
  [...Map.groupBy(estimates, ({ timeMs }) => timeMs).values()].flatMap((revisions) =>
    revisions.slice(-1).map(({ timeMs, estimate }) => ({ timeMs, estimate })),
  );

test(
  `${seconds} seconds of kills, pauses and cut-offs, each as long as a minute of traffic: every minute of every link has one last value, that of an undisturbed estimator`,
  async () => {
    using lan = namespacesIfAllowed([...memberNames, ...workerNames]);
    await using cluster = await EtcdCluster.start({ places: memberNames.map((name) => placeIn(lan, name)) });
    const { endpoints } = cluster;
    const options = { endpoints, prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
    await using repository = await openEtcdRepository(options, never);
    for (const id of detectorIds) {
      await repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
    }
    for (const link of links) await repository.network.putLink(link, never);

    const realStartMs = Date.now();
    const nowMs = () => t0 + (Date.now() - realStartMs) * speed;
    const times = [t0, realStartMs, speed].map(String);
    await using stack = new AsyncDisposableStack();
    const workers = workerNames.map((name) =>
      stack.use(new Worker(name, placeIn(lan, name).command, 'estimator-worker.ts', [endpoints.join(','), ...times])),
    );
    const random = seededRandom(seed);
    const feeding = feed(repository, carsAlong(detectorIds, t0, seconds - 10, random), nowMs);
    const strikes = new Strikes(random, {
      ...workerStrikes(workers, random, lan),
      ...memberStrikes(cluster, random, lan),
    });
    while (nowMs() < t0 + seconds * minuteMs) {
      await strikes.next();
      await wait(random.between(500, 2000));
    }
    await cluster.healthy();
    await feeding;

    const fromMs = t0 + 5 * minuteMs;
    const toMs = t0 + (seconds - 10) * minuteMs;
    let revisions = 0;
    for (const link of links) {
      const wanted = await undisturbed(repository, link, fromMs, toMs);
      expect(wanted).toHaveLength(seconds - 14);
      const last = async () => lastRevisions(await published(repository, link, fromMs, toMs));
      await expect.poll(last, { timeout: 60_000, interval: 500 }).toEqual(wanted);
      const all = await published(repository, link, fromMs, toMs);
      revisions += all.length - wanted.length;
      // Of each minute one value a revision.
      expect(new Set(all.map(({ timeMs, revision }) => `${timeMs} ${revision}`)).size).toBe(all.length);
    }
    console.log(
      `struck: ${strikes.describe()}; ${revisions} revisions of ${links.length * (seconds - 14)} minutes of links`,
    );
  },
  (seconds + 240) * 1000,
);
