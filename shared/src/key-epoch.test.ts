import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from './errors.ts';
import { keyEpochsOf } from './key-epoch.ts';

const hourMs = 3_600_000;
const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/Helsinki',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Antarctica/Troll',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
];
const time = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2080, 0) });
const dayOf = (iso: string) => Date.parse(`${iso}T00:00:00Z`) / (24 * hourMs);

describe('key epochs', () => {
  it('begin at 03:00 in the network and bear the number of that date', () => {
    const berlin = keyEpochsOf('Europe/Berlin');
    expect(berlin.at(Date.parse('2026-07-10T02:59:59.999+02:00'))).toBe(dayOf('2026-07-09'));
    expect(berlin.at(Date.parse('2026-07-10T03:00:00+02:00'))).toBe(dayOf('2026-07-10'));
    expect(berlin.startMs(dayOf('2026-12-24'))).toBe(Date.parse('2026-12-24T03:00:00+01:00'));
  });

  it('last 23 and 25 hours when the clocks change', () => {
    const berlin = keyEpochsOf('Europe/Berlin');
    const hoursOf = (iso: string) => (berlin.startMs(dayOf(iso) + 1) - berlin.startMs(dayOf(iso))) / hourMs;
    expect(hoursOf('2026-03-28')).toBe(23);
    expect(hoursOf('2026-10-24')).toBe(25);
    expect(hoursOf('2026-10-25')).toBe(24);
  });

  it('begin with the jump where 03:00 is jumped over', () => {
    const helsinki = keyEpochsOf('Europe/Helsinki');
    expect(helsinki.startMs(dayOf('2026-03-29'))).toBe(Date.parse('2026-03-29T01:00:00Z'));
  });

  it('do not go back where 03:00 is shown twice', () => {
    const chatham = keyEpochsOf('Pacific/Chatham');
    const start = chatham.startMs(dayOf('2026-04-05'));
    expect(start).toBe(Date.parse('2026-04-05T03:00:00+13:45'));
    expect(chatham.at(start - 1)).toBe(dayOf('2026-04-04'));
    // 45 minutes later the clocks are set back from 03:45 to 02:45.
    expect(chatham.at(start + 50 * 60_000)).toBe(dayOf('2026-04-05'));
  });

  it('hold each time between their own start and the next, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(time, { minLength: 1, maxLength: 4 }), (zone, times) => {
        const epochs = keyEpochsOf(zone);
        for (const timeMs of times) {
          const epoch = epochs.at(timeMs);
          expect(epochs.startMs(epoch)).toBeLessThanOrEqual(timeMs);
          expect(epochs.startMs(epoch + 1)).toBeGreaterThan(timeMs);
          expect(epochs.at(epochs.startMs(epoch))).toBe(epoch);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('agree with the local date three hours ago, away from changes of the clocks', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), time, (zone, timeMs) => {
        const epochs = keyEpochsOf(zone);
        const date = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
        const offset = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
        const offsetAt = (ms: number) => offset.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value;
        fc.pre(offsetAt(timeMs - 26 * hourMs) === offsetAt(timeMs + hourMs));
        expect(epochs.at(timeMs)).toBe(dayOf(date.format(timeMs - 3 * hourMs)));
      }),
      { numRuns: 200 },
    );
  });

  it('need a zone that exists', () => {
    expect(() => keyEpochsOf('Europe/Atlantis')).toThrow(InvalidInputError);
    expect(() => keyEpochsOf('Europe/Atlantis')).toThrow('network.time_zone "Europe/Atlantis": expected a zone');
  });
});
