import { ManualClock } from '@tdc/shared/manual-clock.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateTable } from './rate-table.ts';

test('a key has its burst at once and then its rate, whatever the others do', async () => {
  const clock = new ManualClock();
  const rates = new RateTable({ perSecond: 2, burst: 3 }, clock);
  expect([1, 2, 3, 4].map(() => rates.take('a'))).toEqual([0, 0, 0, 500]);
  expect(rates.take('b', 3)).toBe(0);
  await clock.advance(499);
  expect(rates.take('a')).toBe(1);
  await clock.advance(1);
  expect(rates.take('a')).toBe(0);
  await clock.advance(1_000_000);
  expect([1, 2, 3, 4].map(() => rates.take('a'))).toEqual([0, 0, 0, 500]);
});

test('who borrows is told how long the debt lasts, and gets nothing that lasts too long', async () => {
  const clock = new ManualClock();
  const rates = new RateTable({ perSecond: 100, burst: 100 }, clock);
  expect(rates.borrow('a', 256, 5000)).toBe(1560);
  expect(rates.borrow('a', 256, 5000)).toBe(4120);
  expect(rates.borrow('a', 256, 5000)).toBe(6680);
  expect(rates.waitMs('a')).toBe(4130);
  await clock.advance(4130);
  expect(rates.take('a')).toBe(0);
});

test('over any time no more is taken than burst and rate allow', async () => {
  const steps = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 2000 }), amount: fc.integer({ min: 1, max: 5 }) }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const clock = new ManualClock();
      const rates = new RateTable({ perSecond: 3, burst: 5 }, clock);
      let taken = 0;
      for (const { afterMs, amount } of given) {
        await clock.advance(afterMs);
        if (rates.take('a', amount) === 0) taken += amount;
        expect(taken).toBeLessThanOrEqual(5 + (clock.nowMs() / 1000) * 3 + 1e-6);
      }
    }),
  );
});

test('ten thousand keys are remembered, and who has not come for longest is forgotten', () => {
  const rates = new RateTable({ perSecond: 1, burst: 1 }, new ManualClock());
  rates.take('first');
  rates.take('second');
  for (let i = 0; i < 9998; i++) rates.take(`other ${i}`);
  expect(rates.take('second')).toBe(1000);
  rates.take('one more');
  expect(rates.take('second')).toBe(1000);
  expect(rates.take('first')).toBe(0);
});
