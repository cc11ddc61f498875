import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@tdc/shared/clock.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import { EventFeed } from './event-feed.ts';

const never = new AbortController().signal;
const t0 = 1_700_000_000_000;

test('where history no longer reaches, whoever reads once it is told and then listens misses nothing', async () => {
  await using repository = await temporaryRepository(['D1']);
  const { events } = repository;
  const feed = new EventFeed(events, systemClock);
  const known = new Set<string>();
  let told = 0;
  using _subscription = feed.subscribe({
    detectorIds: ['D1'],
    receive: ({ id }) => known.add(id),
    lost: () => {
      told += 1;
      const all = {
        detectorId: 'D1',
        fromMs: t0,
        toMs: 2 ** 48,
        order: 'oldest-first',
        limit: 1000,
        kinds: [],
      } as const;
      // SQLite reads before it returns.
      void events.scan(all, never).then((page) => {
        for (const { id } of page.events) known.add(id);
      });
    },
  });
  const stop = new AbortController();
  const running = feed.run(stop.signal);
  await feed.atPresent(never);
  const old = feed.cursor ?? '';
  await events.append([madeUpEvent({ referenceTimeMs: t0 - 100_000_000 })], never);
  await events.removeBefore('D1', t0 - 50_000_000, never);
  feed.rewind(old);

  const appended: string[] = [];
  for (let i = 0; i < 200; i++) {
    const event = madeUpEvent({ referenceTimeMs: t0 + i * 1000 });
    await events.append([event], never);
    appended.push(event.id);
    await wait(5);
  }
  await expect.poll(() => known.size, { timeout: 5000 }).toBeGreaterThanOrEqual(appended.length);
  expect(told).toBeGreaterThan(0);
  expect(appended.filter((id) => !known.has(id))).toEqual([]);
  stop.abort(new Error('the test is over'));
  await running;
});
