import { expect, test } from 'vitest';
import { dayOfDate, isWeekend, weekdayOf } from './calendar.ts';
import { madeUpDays } from './made-up-days.ts';
import { usualSlotOf, usualWeekOf } from './usual.ts';

const monday = dayOfDate('2026-03-02') ?? 0;

test('what is usual is learned from the same weekday, where four were observed', () => {
  const days = madeUpDays(monday, 35, (day) => 100 * weekdayOf(day) + Math.floor((day - monday) / 7));
  expect(usualSlotOf(days, 2, 40)).toEqual({
    ...{ weekday: 2, slot: 40, basis: 'weekday', days: 5 },
    value: { medianS: 202, lowS: 200.8, highS: 203.2 },
  });
});

test('with fewer it is learned from days of its kind, and with fewer of those there is none', () => {
  const days = madeUpDays(monday, 14, (day, slot) =>
    slot < 4 ? undefined : isWeekend(weekdayOf(day)) ? 60 : slot === 9 && day > monday + 2 ? undefined : 90,
  );
  expect(usualSlotOf(days, 1, 8)).toMatchObject({ basis: 'day_type', days: 10, value: { medianS: 90 } });
  expect(usualSlotOf(days, 7, 8)).toMatchObject({ basis: 'day_type', days: 4, value: { medianS: 60 } });
  expect(usualSlotOf(days, 1, 9)).toEqual({ weekday: 1, slot: 9, basis: 'none', days: 3 });
  expect(usualSlotOf(days, 1, 0)).toEqual({ weekday: 1, slot: 0, basis: 'none', days: 0 });
});

test('a week has all its quarters of an hour, known or not', () => {
  const week = usualWeekOf([]);
  expect(week.length).toBe(672);
  expect(week[100]).toEqual({ weekday: 2, slot: 4, basis: 'none', days: 0 });
});
