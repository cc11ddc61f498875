import { describe, expect, test } from 'vitest';
import { madeUpEstimate } from '../made-up-estimate.ts';
import { formatFor, statusText } from './format.ts';
import { languageOf, languages } from './language.ts';

const english = formatFor('en', languages.en.messages);
const german = formatFor('de', languages.de.messages);

describe('what is shown', () => {
  test('has minutes and seconds, and hours where there are', () => {
    expect([0, 59.4, 59.6, 61, 3599.7, 3661, null].map((each) => english.duration(each))).toEqual([
      '0:00',
      '0:59',
      '1:00',
      '1:01',
      '1:00:00',
      '1:01:01',
      '–',
    ]);
    expect([0.3, 61, -30, null].map((each) => english.delay(each))).toEqual(['0:00', '+1:01', '−0:30', '–']);
  });

  test('is written as the language has it, with ages in words and the zone at times', () => {
    expect([english.age(20), german.age(20)]).toEqual(['20 seconds ago', 'vor 20 Sekunden']);
    expect([german.age(120), german.age(7200), english.age(3 * 86_400)]).toEqual([
      'vor 2 Minuten',
      'vor 2 Stunden',
      '3 days ago',
    ]);
    expect([english.number(12_345), german.number(12_345)]).toEqual(['12,345', '12.345']);
    expect(english.time(Date.UTC(2026, 2, 1, 15))).toMatch(/^\d\d:00:00 \S+/);
    expect(german.bytes(2 ** 28)).toBe('256 MiB');
  });

  test('has dates as they are in the calendar, whatever the zone, and days of the week by their names', () => {
    expect([english.date('2026-03-01'), german.date('2026-12-31')]).toEqual(['Mar 1, 2026', '31.12.2026']);
    expect([english.shortDate('2026-03-01'), german.shortDate('2026-03-01')]).toEqual(['Mar 1', '1. März']);
    expect([english.weekday('mon'), german.weekday('sun'), english.weekday('wed', 'short')]).toEqual([
      'Monday',
      'Sonntag',
      'Wed',
    ]);
  });

  test('has changes with their sign, indices and shares as the language has them', () => {
    expect([20.04, -3.25, 0].map((each) => english.seconds(each))).toEqual(['+20.0 sec', '-3.3 sec', '0.0 sec']);
    expect([german.ratio(0.125), english.ratio(1)]).toEqual(['0,13', '1.00']);
    expect([english.percent(0.426), german.percent(0.426)]).toEqual(['43%', '43\u00a0%']);
  });

  test('says of an estimate how good it is, and of a wrong clock before all', () => {
    expect(statusText(german, madeUpEstimate({ status: 'sparse' }))).toBe('wenige Fahrzeuge');
    expect(statusText(english, madeUpEstimate({ clock_offset_seconds: 90 }))).toContain('differ by 90 s');
  });
});

describe('languages', () => {
  test('have every text, none of them empty, and no German one is left in English by mistake', () => {
    const keys = Object.keys(languages.en.messages);
    expect(Object.keys(languages.de.messages)).toEqual(keys);
    const textOf = (value: unknown) => (typeof value === 'function' ? value('1', '2', '3') : value);
    const same = keys.filter((key) => {
      const [one, other] = [languages.en, languages.de].map(({ messages }) => textOf(Reflect.get(messages, key)));
      expect(one).toMatch(/./);
      expect(other).toMatch(/./);
      return one === other;
    });
    expect(same.sort()).toEqual(
      [
        'detectorsShown',
        'dropped',
        'estimatorTransguide',
        'interfaceForPrograms',
        'live',
        'median',
        'minutesAxis',
        'route',
        'routeSign',
        'routeStart',
        'token',
        'version',
      ].filter((key) => same.includes(key)),
    );
  });
  test.each([
    [['fr', 'de-AT', 'en'], 'de'],
    [['en-GB'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('of %j it is %s', (wanted, language) => {
    expect(languageOf(wanted)).toBe(language);
  });
});
