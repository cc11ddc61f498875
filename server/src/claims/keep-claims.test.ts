import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Claim, ClaimStore } from '../repository.ts';
import { keepClaims } from './keep-claims.ts';

const logger = createLogger({ level: 'silent' });
const never = new AbortController().signal;
const names = Array.from({ length: 10 }, (_, n) => `D${n}`);

/** A worker that only notes what it works on. */
function startWorker(claims: ClaimStore, workerId: string, work?: (claim: Claim) => Promise<void>) {
  const stop = new AbortController();
  const working = new Set<string>();
  const ended = keepClaims(
    {
      claims,
      workerId,
      names: async () => names,
      async work(claim, signal) {
        working.add(claim.name);
        try {
          await work?.(claim);
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        } finally {
          working.delete(claim.name);
        }
      },
      clock: systemClock,
      logger,
    },
    stop.signal,
  );
  return { working, ended, stop: () => stop.abort(new Error('enough')) };
}

const soon = { timeout: 10_000, interval: 50 };

test('workers share what there is evenly, and take over from one that leaves', async () => {
  await using repository = await temporaryRepository([]);
  const a = startWorker(repository.claims, 'a');
  await expect.poll(() => a.working.size, soon).toBe(10);
  const b = startWorker(repository.claims, 'b');
  const c = startWorker(repository.claims, 'c');
  await expect.poll(() => [a, b, c].map(({ working }) => working.size).sort(), soon).toEqual([3, 3, 4]);
  expect(new Set([...a.working, ...b.working, ...c.working]).size).toBe(10);
  b.stop();
  await b.ended;
  expect(b.working.size).toBe(0);
  await expect.poll(() => [...a.working, ...c.working].length, soon).toBe(10);
  a.stop();
  c.stop();
  await Promise.all([a.ended, c.ended]);
  expect(await repository.claims.claims(never)).toEqual(new Map());
});

test('work that fails is begun anew', async () => {
  await using repository = await temporaryRepository([]);
  let failures = 0;
  const worker = startWorker(repository.claims, 'a', async ({ name }) => {
    if (name === 'D3' && failures++ === 0) throw new Error('a passing trouble');
  });
  await expect.poll(() => worker.working.size, soon).toBe(10);
  await expect.poll(() => failures, soon).toBe(2);
  worker.stop();
  await worker.ended;
});
