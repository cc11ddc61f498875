import { randomFrom } from '@tdc/shared/seeded-random.ts';
import { describe, expect, test } from 'vitest';
import { dayOfDate } from './calendar.ts';
import { comparisonOf } from './comparison.ts';
import { madeUpDays } from './made-up-days.ts';

const monday = dayOfDate('2026-03-02') ?? 0;
const later = monday + 35;
const window = { weekdays: [1, 2, 3, 4, 5], fromSlot: 28, toSlot: 36 };

/** Nearly normal, with mean 0 and variance 1. */
const gaussian = (random: () => number) => Array.from({ length: 12 }, random).reduce((sum, each) => sum + each, -6);

/** Days of which each is like the one before it, with the slots around it. */
function weeks(fromDay: number, random: () => number, { level = 300, correlation = 0, spread = 20, days = 28 } = {}) {
  let state = gaussian(random);
  const byDay = new Map<number, number>();
  for (let day = fromDay; day < fromDay + days; day++) {
    state = correlation * state + Math.sqrt(1 - correlation ** 2) * gaussian(random);
    byDay.set(day, level + spread * state);
  }
  return madeUpDays(fromDay, days, (day, slot) => (byDay.get(day) ?? 0) + 5 * (slot - 32));
}

describe('a comparison', () => {
  test('shows by how much days are slower, with an interval', () => {
    const random = randomFrom(1);
    const comparison = comparisonOf(window, weeks(monday, random), weeks(later, random, { level: 360 }));
    expect(comparison).toMatchObject({ verdict: 'slower', daysBefore: 20, daysAfter: 20, slotsCompared: 8 });
    const { change } = comparison;
    expect(change?.seconds).toBeGreaterThan(50);
    expect(change?.seconds).toBeLessThan(70);
    expect(change?.part).toBeCloseTo(0.2, 1);
    const turned = comparisonOf(window, weeks(later, randomFrom(1), { level: 360 }), weeks(monday, randomFrom(2)));
    expect(turned.verdict).toBe('faster');
  });

  test.each([
    ['are independent of each other', 0],
    ['are like the days before them', 0.6],
  ])('finds a difference that is none in about one case of twenty at most where days %s', (_, correlation) => {
    const random = randomFrom(7);
    const rounds = 500;
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      const before = weeks(monday, random, { correlation });
      const after = weeks(later, random, { correlation });
      if (comparisonOf(window, before, after).verdict !== 'no_difference_shown') found++;
    }
    // 5 % are meant; with the correlation learned from twenty days it is a little more.
    expect(found / rounds).toBeLessThan(correlation === 0 ? 0.06 : 0.1);
  });

  test('is not moved by which slots were missed', () => {
    const before = madeUpDays(monday, 28, (_, slot) => 100 * (slot - 27));
    // Half of the days lack the slow half of the morning.
    const after = madeUpDays(later, 28, (day, slot) =>
      day % 2 === 0 && slot >= 32 ? undefined : 100 * (slot - 27) + 30,
    );
    const { change, slotsCompared } = comparisonOf(window, before, after);
    expect(slotsCompared).toBe(8);
    expect(change?.seconds).toBeCloseTo(30, 6);
  });

  test('leaves out slots and days that were hardly observed, and says so', () => {
    const before = madeUpDays(monday, 28, (_, slot) => (slot < 30 ? undefined : 100));
    const after = madeUpDays(later, 28, (day, slot) => (day < later + 14 && slot > 31 ? undefined : 100));
    expect(comparisonOf(window, before, after)).toMatchObject({ slotsCompared: 6, daysBefore: 20, daysAfter: 10 });
  });

  test('does not take a weekend for a fast weekday', () => {
    const secondsOf = (day: number) => ((day - monday) % 7 >= 5 ? 50 : 100);
    const all = { ...window, weekdays: [1, 2, 3, 4, 5, 6, 7] };
    // More weekends before than after.
    const before = madeUpDays(monday + 4, 24, secondsOf);
    const after = madeUpDays(later, 19, secondsOf);
    expect(comparisonOf(all, before, after)).toMatchObject({ verdict: 'no_difference_shown', change: { seconds: 0 } });
  });

  test('of fewer than five days shows nothing', () => {
    const days = madeUpDays(monday, 28, () => 100);
    expect(
      comparisonOf(
        window,
        days,
        madeUpDays(later, 4, () => 500),
      ),
    ).toMatchObject({
      ...{ verdict: 'too_few_days', daysAfter: 4 },
    });
    expect(comparisonOf(window, days, [])).toMatchObject({ verdict: 'too_few_days', slotsCompared: 0 });
  });
});
