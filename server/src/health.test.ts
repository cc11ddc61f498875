import { UnavailableError } from '@tdc/shared/errors.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { expect, test } from 'vitest';
import { watchRepository } from './health.ts';
import { temporaryRepository } from './repositories/sqlite/temporary-repository.ts';

test('health follows the repository, and the log says when it turns', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(JSON.parse(line).msg) } });
  const clock = new ManualClock(0);
  const stop = new AbortController();
  await using repository = await temporaryRepository();
  const states: string[] = [];
  let broken = false;
  const ping = async (signal: AbortSignal) => {
    if (broken) throw new UnavailableError('the disk is gone');
    await repository.ping(signal);
  };
  const watching = watchRepository({ repository: { ping }, clock, logger, report: (s) => states.push(s) }, stop.signal);
  for (const isBroken of [true, true, false]) {
    await expect.poll(() => clock.sleepers).toBe(1);
    broken = isBroken;
    await clock.advance(1000);
  }
  await expect.poll(() => states).toEqual(['serving', 'not-serving', 'not-serving', 'serving']);
  expect(lines).toEqual(['the repository does not answer: not serving', 'the repository answers again: serving']);
  stop.abort();
  await watching;
});

test('a repository that does not answer in time, and heeds no signal, does not serve', async () => {
  const stop = new AbortController();
  const state = Promise.withResolvers<string>();
  const watching = watchRepository(
    {
      repository: { ping: () => new Promise(() => {}) },
      clock: new ManualClock(0),
      logger: createLogger({ level: 'silent' }),
      report: state.resolve,
    },
    stop.signal,
  );
  expect(await state.promise).toBe('not-serving');
  stop.abort();
  await watching;
});
