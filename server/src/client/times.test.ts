import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { parseTime } from '@tdc/shared/time-text.ts';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { timeText } from './times.ts';

const zoneBefore = process.env.TZ;
afterEach(() => {
  if (zoneBefore === undefined) delete process.env.TZ;
  else process.env.TZ = zoneBefore;
});

const zones = ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'UTC'];

test.each(zones)('a time shown in %s, or in UTC, is accepted back as the same millisecond', (zone) => {
  process.env.TZ = zone;
  const times = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2100, 0) });
  fc.assert(
    fc.property(times, fc.boolean(), (timeMs, utc) => {
      expect(parseTime(timeText(timeMs, { utc }), { nowMs: 0, field: '--from' })).toBe(timeMs);
    }),
    { numRuns: 200 },
  );
});

test('a time is shown as the clocks of the place show it, with their offset', () => {
  const timeMs = Date.UTC(2026, 6, 1, 22, 30, 5, 7);
  process.env.TZ = 'Europe/Berlin';
  expect(timeText(timeMs, { utc: false })).toBe('2026-07-02T00:30:05.007+02:00');
  expect(timeText(timeMs, { utc: true })).toBe('2026-07-01T22:30:05.007Z');
  process.env.TZ = 'America/St_Johns';
  expect(timeText(timeMs, { utc: false })).toBe('2026-07-01T20:00:05.007-02:30');
});

test('a duration is shown in its largest unit', () => {
  const shown = [-5, 999, 1000, 59_999, 60_000, 3_600_000, 90_000_000].map(roughDuration);
  expect(shown).toEqual(['0 s', '0 s', '1 s', '59 s', '1 min', '1 h', '1 d']);
});
