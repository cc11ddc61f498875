import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { expect, test } from 'vitest';
import { calendarOf, dayOfDate } from '../history/calendar.ts';
import { madeUpMornings } from '../history/made-up-mornings.ts';
import { publish } from '../http/http-subject.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import { LinkHistory } from './link-history.ts';

const never = new AbortController().signal;
const calendar = calendarOf('Europe/Berlin');
const ends = { fromDetectorId: 'D1', toDetectorId: 'D2' };
// The clocks go forward on 29 March.
const first = dayOfDate('2026-03-23') ?? 0;
const [days, today] = [21, first + 21];

async function start() {
  const repository = await temporaryRepository(['D1', 'D2']);
  await publish(
    repository,
    madeUpMornings(calendar, first, days, (day) => 100 + day - first),
  );
  let scans = 0;
  const counted: ConstructorParameters<typeof LinkHistory>[0]['repository'] = {
    estimates: {
      scan: (...given: Parameters<typeof repository.estimates.scan>) => {
        scans++;
        return repository.estimates.scan(...given);
      },
    },
    staleSinceMs: () => repository.staleSinceMs(),
  };
  const clock = new ManualClock(calendar.startMs(today));
  const history = new LinkHistory({ repository: counted, calendar, clock });
  return { repository, history, scans: () => scans, [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose]() };
}

test('each morning is that of its day, through the change of the clocks and over many pages', async () => {
  await using subject = await start();
  const found = await subject.history.days(ends, first - 1, today, never);
  expect(found.map(({ day }) => day)).toEqual(Array.from({ length: days + 1 }, (_, index) => first - 1 + index));
  for (const { day, seconds } of found.slice(1)) {
    expect([...seconds.slice(27, 33)], String(day)).toEqual([
      Number.NaN,
      ...Array(4).fill(100 + day - first),
      Number.NaN,
    ]);
  }
  expect(found[0]?.seconds.every(Number.isNaN)).toBe(true);
});

test('days that nothing changes any more are remembered, and the last eight are read anew', async () => {
  await using subject = await start();
  const before = await subject.history.days(ends, first, today, never);
  const scans = subject.scans();
  const again = await subject.history.days(ends, first, today - 8, never);
  expect([subject.scans(), again]).toEqual([scans, before.slice(0, -8)]);
  const revised = madeUpMornings(calendar, today - 8, 1, () => 500).map((each) => ({ ...each, revision: 2 }));
  await publish(subject.repository, revised);
  const now = await subject.history.days(ends, first, today, never);
  expect(now.map(({ seconds }) => seconds[28])).toEqual([
    ...before.slice(0, -8).map(({ seconds }) => seconds[28]),
    500,
    ...before.slice(-7).map(({ seconds }) => seconds[28]),
  ]);
});

test('more than sixteen who wait are refused, and who goes away does not keep the others waiting', async () => {
  await using subject = await start();
  const gone = new AbortController();
  const asked = Array.from({ length: 17 }, (_, index) =>
    subject.history.days(ends, first, today, index === 3 ? gone.signal : never),
  );
  gone.abort(new Error('gone'));
  const settled = await Promise.allSettled(asked);
  expect(settled.filter(({ status }) => status === 'fulfilled').length).toBe(15);
  await expect(asked[3]).rejects.toThrow('gone');
  await expect(asked[16]).rejects.toThrow('16 requests for the history of links wait already');
});
