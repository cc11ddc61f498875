import { expect, test } from 'vitest';
import { calendarOf, dayOfDate, isWeekend, weekdayOf } from '../history/calendar.ts';
import { madeUpMornings } from '../history/made-up-mornings.ts';
import { publish } from '../http/http-subject.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import { UsualLookup } from './usual-now.ts';

const never = new AbortController().signal;
const calendar = calendarOf('Europe/Berlin');
const link = { fromDetectorId: 'D1', toDetectorId: 'D2' };
const monday = dayOfDate('2026-04-20') ?? 0;
const at = (day: number, slot: number) => calendar.slotStartMs(day, slot) + 60_000;

test('what is usual now is that of the same quarter and weekday, through a change of the clocks', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  // The clocks went forward on 29 March.
  const mornings = madeUpMornings(calendar, monday - 56, 56, (day) =>
    isWeekend(weekdayOf(day)) ? 60 : 100 + weekdayOf(day),
  );
  await publish(repository, mornings);
  const lookup = new UsualLookup({ estimates: repository.estimates, calendar });
  await lookup.lookUp([link], at(monday, 28), 10, never);
  expect(lookup.of(link)).toEqual({ medianS: 101, samples: 5 });
  await lookup.lookUp([link], at(monday + 1, 29), 10, never);
  expect(lookup.of(link)).toMatchObject({ medianS: 102 });
  // At noon nothing was published.
  await lookup.lookUp([link], at(monday, 48), 10, never);
  expect(lookup.of(link)).toEqual({});
});

test('with too few of the weekday it is that of days of its kind', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  await publish(
    repository,
    madeUpMornings(calendar, monday - 14, 14, (day) => (isWeekend(weekdayOf(day)) ? 60 : 100)),
  );
  const lookup = new UsualLookup({ estimates: repository.estimates, calendar });
  await lookup.lookUp([link], at(monday, 28), 10, never);
  expect(lookup.of(link)).toMatchObject({ medianS: 100 });
  await lookup.lookUp([link], at(monday + 5, 28), 10, never);
  expect(lookup.of(link)).toMatchObject({ medianS: 60 });
});

test('so many are looked up at once, and what was usual before stands in until then', async () => {
  await using repository = await temporaryRepository(['D1', 'D2']);
  let scans = 0;
  const estimates = {
    scan: (...given: Parameters<typeof repository.estimates.scan>) => {
      scans++;
      return repository.estimates.scan(...given);
    },
  };
  const lookup = new UsualLookup({ estimates, calendar });
  const links = ['D1', 'D3', 'D4'].map((fromDetectorId) => ({ fromDetectorId, toDetectorId: 'D2' }));
  await lookup.lookUp(links, at(monday, 28), 2, never);
  expect(links.map((each) => lookup.of(each) !== undefined)).toEqual([true, true, false]);
  await lookup.lookUp(links, at(monday, 28), 2, never);
  const before = scans;
  await lookup.lookUp(links, at(monday, 28), 2, never);
  expect([scans, links.every((each) => lookup.of(each) !== undefined)]).toEqual([before, true]);
  await lookup.lookUp(links.slice(1), at(monday, 29), 1, never);
  expect(links.map((each) => lookup.of(each) !== undefined)).toEqual([false, true, true]);
});
