import { LimitError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import { WaitingLine } from './waiting-line.ts';

const never = new AbortController().signal;

test('one goes on at a time, in the order in which they came, and a failure ends none but its own', async () => {
  const line = new WaitingLine('a thing', 10);
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const all = ['a', 'b', 'c'].map((name) => line.take(work(name), never));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('too many are refused, until those who wait are done; who has gone away is passed over', async () => {
  const line = new WaitingLine('a thing', 2);
  const gone = new AbortController();
  const first = line.take(async () => 1, never);
  const second = line.take(async () => expect.unreachable(), gone.signal);
  gone.abort(new Error('gone'));
  await expect(line.take(async () => 3, never)).rejects.toThrow(
    new LimitError('2 requests for a thing wait already', { retryAfterMs: 1000 }),
  );
  expect(await first).toBe(1);
  await expect(second).rejects.toThrow('gone');
  expect(await line.take(async () => 4, never)).toBe(4);
});
