import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf, dateText, dayOfDate, slotText, weekdayOf } from './calendar.ts';

const berlin = calendarOf('Europe/Berlin');
const placeAt = (text: string, calendar = berlin) => {
  const { day, slot } = calendar.placeOf(Date.parse(text));
  return `${dateText(day)} ${slotText(slot)}`;
};

describe('the days of a network', () => {
  test('are those of its clocks, through both changes of them', () => {
    expect(placeAt('2026-03-28T23:00:00Z')).toBe('2026-03-29 00:00');
    expect(placeAt('2026-03-29T00:59:59Z')).toBe('2026-03-29 01:45');
    expect(placeAt('2026-03-29T01:00:00Z')).toBe('2026-03-29 03:00');
    expect(placeAt('2026-10-25T00:10:00Z')).toBe('2026-10-25 02:00');
    expect(placeAt('2026-10-25T01:10:00Z')).toBe('2026-10-25 02:00');
    expect(placeAt('2026-06-01T00:00:00Z', calendarOf('Asia/Kathmandu'))).toBe('2026-06-01 05:45');
  });

  test('begin where the day before ends, in every zone', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'America/Havana',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 18_000, max: 24_000 }), (zone, day) => {
        const calendar = calendarOf(zone);
        const startMs = calendar.startMs(day);
        expect(calendar.placeOf(startMs).day).toBe(day);
        expect(calendar.placeOf(startMs - 1).day).toBe(day - 1);
      }),
      { numRuns: 200 },
    );
  });

  test('have weekdays as ISO 8601 counts them, and dates that are there and back the same', () => {
    expect(weekdayOf(dayOfDate('2026-11-30') ?? 0)).toBe(1);
    expect(weekdayOf(dayOfDate('2026-11-29') ?? 0)).toBe(7);
    expect(weekdayOf(0)).toBe(4);
    for (const bad of ['2026-02-30', '2026-1-1', '1969-12-31', '', '2026-11-28T00:00Z', 'today'])
      expect(dayOfDate(bad)).toBeUndefined();
    fc.assert(fc.property(fc.integer({ min: 0, max: 40_000 }), (day) => dayOfDate(dateText(day)) === day));
  });
});
