import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calendarOf, dateText, dayOfDate, isWeekend, weekdayOf } from '../history/calendar.ts';
import { madeUpMornings } from '../history/made-up-mornings.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';
import type { Problem } from './schemas/problem.ts';

const never = new AbortController().signal;
const calendar = calendarOf('Europe/Berlin');
const monday = dayOfDate('2026-02-02') ?? 0;
const [before, after] = [28, 28];
const date = (days: number) => dateText(monday + days);

let subject: HttpSubject;

beforeAll(async () => {
  subject = await startHttpSubject(['D1', 'D2']);
  const named = { id: 'D1', name: '<script>alert(1)</script>', position: { type: 'plane', xM: 0, yM: 0 } } as const;
  await subject.repository.network.putDetector(named, never);
  const link = { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, freeFlowSeconds: 50 };
  await subject.repository.network.putLink(link, never);
  // Roadworks from the fifth week on; the third Tuesday was not observed.
  const secondsOf = (day: number) =>
    day === monday + 15
      ? undefined
      : (isWeekend(weekdayOf(day)) ? 60 : 100) + (day % 3) + (day >= monday + before ? 20 : 0);
  await subject.publish(...madeUpMornings(calendar, monday, before + after, secondsOf));
});
afterAll(() => subject[Symbol.asyncDispose]());

async function read<T>(what: string): Promise<T> {
  const answer = await subject.get(`/api/v1/links/D1/D2/${what}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<T>();
}

type Row = Readonly<Record<string, unknown>>;

describe('the history of a link', () => {
  test('says what is usual by weekday and time of day, and where it knows too little', async () => {
    const { usual } = await read<{ usual: Row & { slots: readonly Row[] } }>(`usual?weeks=4&to_date=${date(before)}`);
    expect(usual).toMatchObject({
      ...{ time_zone: 'Europe/Berlin', from_date: date(0), to_date: date(before) },
      coverage: { days: 28, days_observed: 27, slots: 28 * 96, slots_observed: 27 * 4 },
    });
    const at = (weekday: string, time: string) =>
      usual.slots.find((each) => each.weekday === weekday && each.time_from === time);
    expect(at('mon', '07:00')).toEqual({
      ...{ weekday: 'mon', time_from: '07:00', basis: 'weekday', days: 4 },
      ...{ median_seconds: 101.5, low_seconds: 100.6, high_seconds: 102 },
    });
    expect(at('tue', '07:45')).toMatchObject({ basis: 'day_type', days: 19 });
    expect(at('sun', '07:45')).toMatchObject({ basis: 'weekday', median_seconds: expect.closeTo(61, -1) });
    expect(at('mon', '08:00')).toMatchObject({ basis: 'none', days: 0, median_seconds: null });
  });

  test('says how reliable it was on some days and hours, and what was missed', async () => {
    const query = `from_date=${date(0)}&to_date=${date(before)}&weekdays=tue&weekdays=wed&time_from=06:45&time_to=08:00`;
    const { statistics } = await read<{ statistics: Row & { slots: readonly Row[]; days: readonly Row[] } }>(
      `statistics?${query}`,
    );
    expect(statistics).toMatchObject({
      window: { weekdays: ['tue', 'wed'], time_from: '06:45', time_to: '08:00' },
      coverage: { days: 8, days_observed: 7, slots: 40, slots_observed: 28 },
      reliability: { free_flow_seconds: 50, free_flow_source: 'given', travel_time_index: expect.closeTo(2, 1) },
    });
    expect(statistics.slots.map(({ time_from, days }) => [time_from, days])).toEqual([
      ['06:45', 0],
      ...['07:00', '07:15', '07:30', '07:45'].map((time) => [time, 7]),
    ]);
    expect(statistics.days[4]).toEqual({ date: date(15), weekday: 'tue', slots_observed: 0, mean_seconds: null });
  });

  test('shows what roadworks cost, with an interval', async () => {
    const query = `before_from=${date(0)}&before_to=${date(28)}&from_date=${date(28)}&to_date=${date(56)}&time_from=07:00&time_to=08:00`;
    const { comparison } = await read<{ comparison: Row & { change: Row } }>(`comparison?${query}`);
    expect(comparison).toMatchObject({
      ...{ verdict: 'slower', days_before: 27, days_after: 28, slots_compared: 8 },
      change: { seconds: 20 },
      before: { reliability: { mean_seconds: expect.any(Number) } },
    });
    expect(Number(comparison.change.lower_seconds)).toBeGreaterThan(18);
    expect(Number(comparison.change.upper_seconds)).toBeLessThan(22);
  });

  test('of weeks without estimates is all gaps, and no value is made up', async () => {
    const { statistics } = await read<{ statistics: Row }>('statistics?from_date=2020-01-01&to_date=2020-02-01');
    expect(statistics).toMatchObject({ reliability: null, coverage: { days: 31, days_observed: 0 } });
  });

  test.each([
    ['usual?weeks=53', 'weeks'],
    ['usual?to_date=2026-02-30', 'to_date'],
    ['statistics?from_date=2026-01-01', 'to_date'],
    ['statistics?to_date=2026-01-01', 'from_date'],
    ['statistics?from_date=2026-01-02&to_date=2026-01-02', 'to_date'],
    ['statistics?from_date=2024-01-01&to_date=2026-01-02', 'to_date'],
    ['statistics?weekdays=monday', 'weekdays'],
    ['statistics?time_from=07:10', 'time_from'],
    ['statistics?time_from=09:00&time_to=07:00', 'time_to'],
    ['report?before_from=2026-01-01', 'before_to'],
    ['comparison?from_date=2026-01-01&to_date=2026-01-09', 'before_from'],
    ['comparison?before_from=2026-01-05&before_to=2026-01-02&from_date=2026-01-05&to_date=2026-01-09', 'before_to'],
    ['comparison?before_from=2026-01-01&before_to=2026-01-06&from_date=2026-01-05&to_date=2026-01-09', 'from_date'],
  ])('%s is refused by the name of what is wrong', async (what, field) => {
    const answer = await subject.get(`/api/v1/links/D1/D2/${what}`);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json<Problem>().errors?.map((each) => each.field.replace(/\[\d+\]$/, ''))).toContain(field);
  });

  test('is a page that can be printed, without scripts and with all text as text', async () => {
    const query = `before_from=${date(0)}&before_to=${date(28)}&from_date=${date(28)}&to_date=${date(56)}`;
    const { text, headers, status } = await subject.get(`/api/v1/links/D1/D2/report?${query}`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toContain("style-src 'self'");
    expect(text).toContain('Slower after: +20.0 s');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; to (no name)');
    expect(text).not.toMatch(/<script|<style|style=|javascript:| on\w+=/);
    expect([...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target)).toEqual(['/api/report.css']);
    expect((await subject.get('/api/report.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    const empty = await subject.get('/api/v1/links/D1/D2/report?from_date=2020-01-01&to_date=2020-02-01');
    expect(empty.text).toContain('Nothing was observed.');
    expect(empty.text).not.toContain('NaN');
  });

  test('of a link that there is not is not found', async () => {
    expect((await subject.get('/api/v1/links/D2/D1/statistics')).status).toBe(404);
  });
});
