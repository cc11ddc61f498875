import { expect, test } from 'vitest';
import { dayOfDate } from './calendar.ts';
import { coverageOf, wholeWeek } from './day-window.ts';
import { madeUpDays } from './made-up-days.ts';
import { daySummaries, reliabilityOf, slotSummaries } from './reliability.ts';

const monday = dayOfDate('2026-03-02') ?? 0;
const window = { weekdays: [1, 2, 3, 4, 5], fromSlot: 28, toSlot: 36 };

test('percentiles and indices are those of their definitions', () => {
  // 0 to 100 on 101 mornings, so that each percentile is its own number of seconds above 200.
  const days = madeUpDays(monday, 101, (day, slot) => (slot === 28 ? 200 + day - monday : undefined));
  const reliability = reliabilityOf({ ...wholeWeek, fromSlot: 28, toSlot: 29 }, days, 125);
  expect(reliability).toEqual({
    ...{ meanS: 250, p50S: 250, p80S: 280, p90S: 290, p95S: 295 },
    ...{ bufferIndex: 0.18, planningTimeIndex: 2.36, travelTimeIndex: 2, lottr: 1.12 },
    freeFlow: { seconds: 125, source: 'given' },
  });
});

test('free flow that nobody gave is learned from all hours, not from those that are looked at', () => {
  const days = madeUpDays(monday, 5, (_, slot) => (slot >= 28 && slot < 36 ? 300 : 60));
  expect(reliabilityOf(window, days, undefined)).toMatchObject({
    freeFlow: { seconds: 60, source: 'learned' },
    travelTimeIndex: 5,
  });
});

test('what was not observed is told, and counts for nothing', () => {
  const days = madeUpDays(monday, 7, (day, slot) => (day === monday + 1 || slot < 32 ? undefined : 100));
  expect(coverageOf(window, days)).toEqual({ days: 5, daysObserved: 4, slots: 40, slotsObserved: 16 });
  expect(slotSummaries(window, days).slice(3, 5)).toEqual([
    { slot: 31, days: 0 },
    { slot: 32, days: 4, value: { medianS: 100, p80S: 100, p95S: 100 } },
  ]);
  expect(daySummaries(window, days).slice(0, 2)).toEqual([
    { day: monday, weekday: 1, slotsObserved: 4, meanS: 100 },
    { day: monday + 1, weekday: 2, slotsObserved: 0 },
  ]);
  expect(reliabilityOf({ ...window, fromSlot: 0, toSlot: 4 }, days, undefined)).toBeUndefined();
});
