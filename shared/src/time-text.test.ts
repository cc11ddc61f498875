import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from './errors.ts';
import { parseDuration, parseTime } from './time-text.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const at = (text: string) => parseTime(text, { nowMs, field: '--from' });

describe('a time', () => {
  test.each([
    ['now', nowMs],
    ['-2h', nowMs - 7_200_000],
    ['+90s', nowMs + 90_000],
    ['-1h30m', nowMs - 5_400_000],
    ['2026-03-01T08:00:00Z', Date.parse('2026-03-01T08:00:00Z')],
    ['2026-03-01T08:00:00.250+02:00', Date.parse('2026-03-01T06:00:00.250Z')],
    ['2026-03-01T08:00', new Date(2026, 2, 1, 8).getTime()],
    ['2026-03-01 08:00', new Date(2026, 2, 1, 8).getTime()],
    ['2026-03-01', new Date(2026, 2, 1).getTime()],
    ['2028-02-29', new Date(2028, 1, 29).getTime()],
    ['2026-03-01T08:00:00.123456789Z', Date.parse('2026-03-01T08:00:00.123Z')],
    ['2026-03-01T08:00:00-0230', Date.parse('2026-03-01T10:30:00Z')],
    ['-0s', nowMs],
  ])('may be written %s', (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  test.each(['', 'yesterday', '2h', '-2', '-2x', '2026-13-01', '2026-02-30T25:00Z', '1772366400000', '-'])(
    'is not %j',
    (text) => {
      expect(() => at(text)).toThrow(InvalidInputError);
      expect(() => at(text)).toThrow(/^--from ".*": expected now, a time such as -2h/);
    },
  );

  test.each(['2026-02-29', '2026-02-30T08:00:00Z', '2026-04-31T08:00', '2026-03-00', '2026-03-01T25:00Z'])(
    'is not %s, which no calendar or clock shows',
    (text) => {
      expect(() => at(text)).toThrow(InvalidInputError);
    },
  );

  test('that is wrong names the field it was given for', () => {
    expect(() => at('soon')).toThrow(expect.objectContaining({ field: '--from' }));
  });

  test('so long before or after now is that much from now', () => {
    const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
    const units = fc.constantFrom(...(Object.keys(unitsMs) as (keyof typeof unitsMs)[]));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), units), { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.map(([count, unit]) => `${count}${unit}`).join('');
        const lengthMs = parts.reduce((sum, [count, unit]) => sum + count * unitsMs[unit], 0);
        expect(parseDuration(text, { field: '--past' })).toBe(lengthMs);
        expect(at(`-${text}`)).toBe(nowMs - lengthMs);
        expect(at(`+${text}`)).toBe(nowMs + lengthMs);
      }),
    );
  });

  test('in ISO 8601 is what it was made from', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(at(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['1d2h3m4s', 93_784_000],
  ])('may be written %s', (text, expected) => {
    expect(parseDuration(text, { field: '--past' })).toBe(expected);
  });

  test.each(['', '5', 'h', '-5m', '5 m', '5m!'])('is not %j', (text) => {
    expect(() => parseDuration(text, { field: '--past' })).toThrow(/^--past ".*": expected a duration such as 90s/);
  });
});
