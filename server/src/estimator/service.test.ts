import { systemClock } from '@tdc/shared/clock.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';

import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { Link } from '@tdc/shared/network.ts';
import { randomFrom } from '@tdc/shared/seeded-random.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { EstimateScan, PublishedEstimate, Repository } from '../repository.ts';
import { DestinationReplay } from './destination-replay.ts';
import { PublishedCounts } from './estimator-figures.ts';
import { minuteMs } from './event-history.ts';
import { PatientClock } from './patient-clock.ts';
import { Publication } from './publication.ts';
import { runEstimator } from './service.ts';
import { SignsOfLife } from './signs-of-life.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });
/** In the middle of a term. */
const t0 = 1_700_004_000_000 - (1_700_004_000_000 % 10_800_000) + 5400_000;
const speed = 400;
const links: readonly Link[] = [
  { fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 900, lengthM: 1000 },
  { fromDetectorId: 'B', toDetectorId: 'A', maxSeconds: 900, lengthM: 1000 },
  { fromDetectorId: 'B', toDetectorId: 'C', maxSeconds: 900, lengthM: 1500 },
];
const settings = { estimator: 'grid-filter', rotating: true } as const;
const config = { ...settings, delaySeconds: 5, reachHours: 16 };

/** Cars from A over B to C, and back to A, in so many minutes from t0. */
function traffic(minutes: number, random: () => number): readonly DetectionEvent[] {
  const events: DetectionEvent[] = [];
  for (let car = 0; car < minutes * 3; car++) {
    const deviceId = (0xc0ffee00 + car).toString(16);
    const startMs = Math.round(t0 + (car / 3) * minuteMs);
    const atBMs = startMs + Math.round(80_000 + 40_000 * random());
    const passages = [
      { detectorId: 'A', referenceTimeMs: startMs },
      { detectorId: 'B', referenceTimeMs: atBMs },
      random() < 0.5
        ? { detectorId: 'C', referenceTimeMs: atBMs + Math.round(100_000 + 60_000 * random()) }
        : { detectorId: 'A', referenceTimeMs: atBMs + 90_000 },
    ];
    for (const { detectorId, referenceTimeMs } of passages) {
      const madeAtMs = referenceTimeMs + Math.round(31_000 + 20_000 * random());
      events.push(madeUpEvent({ detectorId, deviceId, referenceTimeMs, lastSeenMs: referenceTimeMs, madeAtMs }));
    }
  }
  return events.toSorted((a, b) => a.madeAtMs - b.madeAtMs);
}

let repository: Repository;
beforeEach(async () => {
  repository = await temporaryRepository(['A', 'B', 'C']);
  for (const link of links) await repository.network.putLink(link, never);
});
afterEach(async () => {
  await repository[Symbol.asyncDispose]();
});

/** A worker, or another one after it. */
function startWorker(clock: PatientClock, signal: AbortSignal, counts = new PublishedCounts()): Promise<void> {
  return runEstimator({ repository, config, clock, logger, published: counts }, signal);
}

async function published(
  link: Link,
  given: Partial<EstimateScan> & { readonly fromMs: number; readonly toMs: number },
): Promise<readonly PublishedEstimate[]> {
  const { fromDetectorId, toDetectorId } = link;
  const scan = { order: 'oldest-first', limit: 1000, revisions: 'last', ...given } as const;
  return (await repository.estimates.scan({ ...scan, fromDetectorId, toDetectorId }, never)).estimates;
}

/** What an undisturbed estimator would have published, of everything that is in the repository now. */
async function expected(link: Link, fromMs: number, toMs: number) {
  const replay = new DestinationReplay({ ...settings, detectorId: link.toDetectorId, links }, fromMs - minuteMs);
  const publication = new Publication(repository.estimates, new SignsOfLife(repository.statuses, systemClock, logger));
  const found: unknown[] = [];
  for await (const result of replay.past(repository.events, toMs, never)) {
    for (const { fromDetectorId, timeMs, estimate } of publication.ready(result, replay)) {
      if (fromDetectorId === link.fromDetectorId) found.push({ timeMs, estimate });
    }
  }
  return found;
}

const valuesOf = (estimates: readonly PublishedEstimate[]) =>
  estimates.map(({ timeMs, estimate }) => ({ timeMs, estimate }));

describe('the estimator', () => {
  test('publishes every minute, makes past minutes again for late events, and is not to be told from one that never stopped', async () => {
    const random = randomFrom(3);
    const minutes = 90;
    using clock = new PatientClock(t0, speed);
    const waiting = traffic(minutes, random).map((event, i) => {
      // Of B nothing comes for half an hour in the middle, and some events of all come much later than they were made.
      const isAway =
        event.detectorId === 'B' && event.madeAtMs > t0 + 30 * minuteMs && event.madeAtMs < t0 + 60 * minuteMs;
      const sentAtMs = isAway ? t0 + 60 * minuteMs : event.madeAtMs + (i % 50 === 7 ? 20 * minuteMs : 500 * random());
      return { event, sentAtMs };
    });
    const queue = waiting.toSorted((a, b) => a.sentAtMs - b.sentAtMs);
    let stop = new AbortController();
    const counts = new PublishedCounts();
    let worker = startWorker(clock, stop.signal, counts);
    const restarts = [25, 26, 47, 70].map((minute) => t0 + minute * minuteMs);
    while (clock.nowMs() < t0 + (minutes + 4) * minuteMs) {
      const due = queue.filter(({ sentAtMs }) => sentAtMs <= clock.nowMs());
      queue.splice(0, due.length);
      if (due.length > 0) {
        await repository.events.append(
          due.map(({ event }) => event),
          never,
        );
        await repository.events.append(
          due.slice(0, 2).map(({ event }) => event),
          never,
        );
      }
      if (clock.nowMs() > (restarts[0] ?? Number.POSITIVE_INFINITY)) {
        restarts.shift();
        stop.abort(new Error('restart'));
        await worker;
        stop = new AbortController();
        worker = startWorker(clock, stop.signal, counts);
      }
      await clock.sleep(1000, never);
    }
    const fromMs = t0 + 2 * minuteMs;
    const toMs = t0 + minutes * minuteMs;
    for (const link of links) {
      const wanted = await expected(link, fromMs, toMs);
      expect(wanted).toHaveLength(minutes - 1);
      await expect
        .poll(async () => valuesOf(await published(link, { fromMs, toMs: toMs + 1 })), { timeout: 20_000 })
        .toEqual(wanted);
      const revisions = await published(link, { fromMs, toMs: toMs + 1, revisions: 'all' });
      expect(revisions.length).toBeGreaterThan(minutes + 20);
      const first = revisions.filter(({ timeMs }) => timeMs === t0 + 45 * minuteMs);
      expect(first.length).toBeGreaterThan(1);
      expect(first.map(({ revision }) => revision)).toEqual(
        first.map(({ revision }) => revision).toSorted((a, b) => a - b),
      );
    }
    stop.abort(new Error('end'));
    await worker;
    const always = { fromMs: 0, toMs: t0 + 2 * minutes * minuteMs, revisions: 'all' } as const;
    const all = (await Promise.all(links.map((link) => published(link, always)))).flat();
    const revised = all.filter(({ revision }) => revision > 1).length;
    expect(counts.all).toEqual({ first: all.length - revised, revised });
  }, 90_000);

  test('begins in the middle of a minute with what is known of it already', async () => {
    const passage = (detectorId: string, sinceMs: number) =>
      madeUpEvent({ detectorId, referenceTimeMs: t0 + sinceMs, madeAtMs: t0 + sinceMs + 32_000 });
    await repository.events.append([passage('A', -90_000), passage('B', 10_000)], never);
    const stop = new AbortController();
    using clock = new PatientClock(t0 + 45_000, 10);
    const worker = startWorker(clock, stop.signal);
    const [link] = links;
    const first = async () =>
      link === undefined ? [] : published(link, { fromMs: t0 + minuteMs, toMs: t0 + minuteMs + 1, revisions: 'all' });
    await expect.poll(first, { timeout: 10_000 }).toHaveLength(1);
    expect((await first())[0]?.estimate.samples).toBe(1);
    stop.abort(new Error('end'));
    await worker;
  }, 30_000);

  test('shows a detector that has fallen silent within three minutes on all its links, and that it is back', async () => {
    using clock = new PatientClock(t0, speed);
    const events = [...traffic(30, randomFrom(5))];
    const stop = new AbortController();
    const worker = startWorker(clock, stop.signal);
    const silent = { from: t0 + 10 * minuteMs, to: t0 + 18 * minuteMs };
    const isSilent = (timeMs: number) => timeMs > silent.from && timeMs < silent.to;
    while (clock.nowMs() < t0 + 26 * minuteMs) {
      const nowMs = clock.nowMs();
      for (const detectorId of ['A', 'B', 'C']) {
        if (detectorId === 'B' && isSilent(nowMs)) continue;
        const status = AgentStatus.fromPartial({ detectorId });
        await repository.statuses.put({ status, reportedAtMs: nowMs }, never);
      }
      const due = events.splice(0, events.filter(({ madeAtMs }) => madeAtMs <= nowMs).length);
      // What it did not hear does not exist.
      const heard = due.filter(({ detectorId, madeAtMs }) => detectorId !== 'B' || !isSilent(madeAtMs));
      await repository.events.append(heard, never);
      await clock.sleep(10_000, never);
    }
    stop.abort(new Error('end'));
    await worker;
    for (const link of links) {
      const all = await published(link, { fromMs: t0 + 5 * minuteMs, toMs: t0 + 25 * minuteMs });
      const down = all
        .filter(({ estimate }) => estimate.status === 'detector_down')
        .map(({ timeMs }) => (timeMs - t0) / minuteMs);
      expect(down[0]).toBeGreaterThan(10);
      expect(down[0]).toBeLessThanOrEqual(13);
      expect(down.at(-1)).toBeGreaterThanOrEqual(17);
      expect(down.at(-1)).toBeLessThanOrEqual(19);
      expect(down).toHaveLength((down.at(-1) ?? 0) - (down[0] ?? 0) + 1);
    }
  }, 60_000);

  test('takes up links as they come, and lets go of those that go', async () => {
    using clock = new PatientClock(t0, speed);
    const stop = new AbortController();
    const worker = startWorker(clock, stop.signal);
    const newest = async () =>
      (await repository.estimates.newest(never)).map(
        ({ fromDetectorId, toDetectorId }) => fromDetectorId + toDetectorId,
      );
    await expect.poll(newest, { timeout: 10_000 }).toEqual(['BA', 'AB', 'BC']);
    await repository.network.putLink({ fromDetectorId: 'C', toDetectorId: 'B', maxSeconds: 900 }, never);
    await expect.poll(newest, { timeout: 10_000 }).toEqual(['BA', 'AB', 'CB', 'BC']);
    await repository.network.deleteLink('B', 'C', never);
    await expect.poll(newest, { timeout: 10_000 }).toEqual(['BA', 'AB', 'CB']);
    expect(new Set((await repository.claims.claims(never)).keys())).toContain('B');
    await expect
      .poll(async () => [...(await repository.claims.claims(never)).keys()].sort(), { timeout: 10_000 })
      .toEqual(['A', 'B']);
    stop.abort(new Error('end'));
    await worker;
  }, 60_000);
});
