import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { expect, test } from 'vitest';
import { temporaryRepository } from './repositories/sqlite/temporary-repository.ts';
import type { Repository } from './repository.ts';
import { keepRemovingOld } from './retention.ts';

const never = new AbortController().signal;
const now = 1_700_000_000_000;
const hourMs = 3_600_000;

async function timesOf(repository: Repository, detectorId: string): Promise<readonly number[]> {
  const { events } = await repository.events.scan(
    { detectorId, fromMs: 0, toMs: 2 ** 48, order: 'oldest-first', limit: 100, kinds: [] },
    never,
  );
  return events.map(({ referenceTimeMs }) => referenceTimeMs);
}

test('events go from every detector within a minute and a bucket of reaching their age, and stay until then', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  const [old, young] = [now - 24 * hourMs - 100_000, now - 23 * hourMs];
  for (const detectorId of ['D1', 'D2']) {
    const events = [old, young].map((referenceTimeMs) => madeUpEvent({ detectorId, referenceTimeMs }));
    await repository.events.append(events, never);
  }
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(line) } });
  const clock = new ManualClock(now);
  const stop = new AbortController();
  const running = keepRemovingOld(
    { repository, clock, logger, eventHours: 24, estimateDays: 0, alertDays: 0 },
    stop.signal,
  );
  await expect.poll(() => timesOf(repository, 'D2')).toEqual([young]);
  expect(await timesOf(repository, 'D1')).toEqual([young]);
  expect(lines.map((line) => JSON.parse(line)).map(({ detector, removed }) => [detector, removed])).toEqual([
    ['D1', 1],
    ['D2', 1],
  ]);
  await expect.poll(() => clock.sleepers).toBe(1);
  await clock.advance(hourMs + 100_000);
  await expect.poll(() => timesOf(repository, 'D2')).toEqual([]);
  stop.abort();
  await running;
});

test('letters go that no box has fetched within 31 days, also where events are kept for ever', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  const letter = (detectorId: string, putAtMs: number) =>
    ({ detectorId, kind: 'key', sequence: 1, body: Uint8Array.from([1]), putAtMs }) as const;
  await repository.boxMail.putLetter(letter('D1', now - 31 * 24 * hourMs - 1), never);
  await repository.boxMail.putLetter(letter('D2', now - 31 * 24 * hourMs), never);
  const logger = createLogger({ level: 'silent' });
  const stop = new AbortController();
  const ages = { eventHours: 0, estimateDays: 0, alertDays: 0 };
  const running = keepRemovingOld({ repository, clock: new ManualClock(now), logger, ...ages }, stop.signal);
  await expect.poll(() => repository.boxMail.letters(undefined, never)).toEqual([letter('D2', now - 31 * 24 * hourMs)]);
  stop.abort();
  await running;
});

test('a repository that does not answer is tried again', async () => {
  const repository = await temporaryRepository(['D1']);
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(line) } });
  const clock = new ManualClock(now);
  const stop = new AbortController();
  await repository[Symbol.asyncDispose]();
  const running = keepRemovingOld(
    { repository, clock, logger, eventHours: 1, estimateDays: 1, alertDays: 0 },
    stop.signal,
  );
  for (const tries of [1, 2]) {
    await expect.poll(() => lines.length).toBe(tries);
    await expect.poll(() => clock.sleepers).toBe(1);
    await clock.advance(60_000);
  }
  stop.abort();
  await running;
});

test('nothing goes when events are kept for ever', async () => {
  await using repository = await temporaryRepository(['D1']);
  await repository.events.append([madeUpEvent({ referenceTimeMs: 1000 })], never);
  const clock = new ManualClock(now);
  const logger = createLogger({ level: 'silent' });
  const stop = new AbortController();
  const running = keepRemovingOld(
    { repository, clock, logger, eventHours: 0, estimateDays: 0, alertDays: 0 },
    stop.signal,
  );
  await expect.poll(() => clock.sleepers).toBe(1);
  stop.abort();
  await running;
  expect(await timesOf(repository, 'D1')).toEqual([1000]);
});

test('travel times go when they are old enough, and stay until then', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  await using session = await repository.claims.join('worker', never);
  const claim = await session.claim('D2', never);
  if (claim === undefined) throw new Error('somebody else has the claim');
  const minute = Math.floor(now / 60_000) * 60_000;
  const [old, young] = [minute - 3 * 24 * hourMs, minute - 24 * hourMs].map((timeMs) => ({
    ...{ fromDetectorId: 'D1', toDetectorId: 'D2', timeMs, revision: 1 },
    estimate: { samples: 0, status: 'no_data' as const },
  }));
  if (old === undefined || young === undefined) throw new Error('two were made');
  await repository.estimates.publish(claim, [old, young], [young], never);
  const stop = new AbortController();
  const logger = createLogger({ level: 'silent' });
  const running = keepRemovingOld(
    { repository, clock: new ManualClock(now), logger, eventHours: 0, estimateDays: 2, alertDays: 0 },
    stop.signal,
  );
  const range = { fromDetectorId: 'D1', toDetectorId: 'D2', fromMs: 0, toMs: now } as const;
  const scan = { ...range, order: 'oldest-first', limit: 10, revisions: 'all' } as const;
  await expect.poll(async () => (await repository.estimates.scan(scan, never)).estimates).toEqual([young]);
  stop.abort();
  await running;
});
