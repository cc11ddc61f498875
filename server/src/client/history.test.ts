import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calendarOf, dateText } from '../history/calendar.ts';
import { madeUpMornings } from '../history/made-up-mornings.ts';
import { publish } from '../http/http-subject.ts';
import { openSqliteRepository } from '../repositories/sqlite/repository.ts';
import { type ClientSubject, putDetectors, startSubject } from './client-subject.ts';
import { compare } from './compare.ts';
import type { ClientConfig } from './config.ts';
import { ask, type ClientContext } from './context.ts';
import { hoursFlag, periodFlag, weekdaysFlag } from './history-flags.ts';
import { report } from './report.ts';
import { stats } from './stats.ts';
import { usual } from './usual.ts';

const calendar = calendarOf('UTC');
const link = { fromDetectorId: 'D1', toDetectorId: 'D2' };
const today = calendar.placeOf(Date.now()).day;
const first = today - 56;
const periods = { before: periodOf(first, first + 28), after: periodOf(first + 28, today) };
let subject: ClientSubject;

function periodOf(fromDay: number, toDay: number) {
  return { fromDate: dateText(fromDay), toDate: dateText(toDay) };
}

beforeAll(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2']);
  using client = subject.client();
  const given = { ...link, maxSeconds: 600, lengthM: undefined, freeFlowSeconds: undefined, estimator: '' };
  await ask(client.context, 'collector', client.context.collector.putLink, { link: given });
  await subject.stop();
  {
    await using repository = openSqliteRepository({ file: join(subject.folder, 'tdc.sqlite') });
    const secondsOf = (day: number) => (day === first + 3 ? undefined : (day < first + 28 ? 100 : 160) + (day % 3));
    await publish(repository, madeUpMornings(calendar, first, 56, secondsOf));
  }
  await subject.start();
});
afterAll(() => subject[Symbol.asyncDispose]());

async function run(output: ClientConfig['output'], work: (context: ClientContext) => Promise<void>) {
  using client = subject.client({ output });
  await work(client.context);
  return { out: client.out(), err: client.err() };
}

test('what is usual is a line a quarter of an hour, with a column a weekday', async () => {
  const { out, err } = await run('table', (context) => usual(context, { link, weeks: 4 }));
  const [titles, ...lines] = out.trimEnd().split('\n');
  expect(titles).toMatch(/^time +mon +tue +wed +thu +fri +sat +sun$/);
  expect(lines.map((line) => line.split(/ +/)[0])).toEqual(['07:00', '07:15', '07:30', '07:45']);
  expect(lines[0]).toMatch(/^07:00( +2:4[012]){7}$/);
  expect(err).toContain('28 of 28 days observed');
  const { out: csv } = await run('csv', (context) => usual(context, { link }));
  expect(csv.split('\n').length).toBe(672 + 2);
  expect(csv).toContain('\nmon,07:00,weekday,8,');
  expect(csv).toContain('\nmon,08:00,none,0,,,\n');
});

test('statistics have measures, lines by time of day or by day, and what was missed', async () => {
  const period = periods.before;
  const { out, err } = await run('table', (context) =>
    stats(context, { link, period, hours: hoursFlag('07:00-08:00') }),
  );
  expect(out).toMatch(/^median +1:41$/m);
  expect(out).toMatch(/^free flow +\d:\d\d learned$/m);
  expect(err).toContain('all days, 07:00 to 08:00: 27 of 28 days observed, 108 of 112 quarters of an hour (96 %)');
  const { out: byDay } = await run('table', (context) => stats(context, { link, period, by: 'day' }));
  expect(byDay).toMatch(new RegExp(`^${dateText(first + 3)} +\\w+ +0 +-$`, 'm'));
  const { out: byTime } = await run('table', (context) => stats(context, { link, period, by: 'time' }));
  expect(byTime).toMatch(/^07:15 +27 +1:41 +1:42 +1:42$/m);
  const { out: json } = await run('json', (context) => stats(context, { link }));
  expect(JSON.parse(json)[0]).toMatchObject({ coverage: { days: 56, days_observed: 55 } });
});

test('a comparison is a sentence and a table', async () => {
  const { out } = await run('table', (context) => compare(context, { link, ...periods }));
  expect(out).toMatch(/^Slower after: \+60\.0 s \(\+59\.\d %; \+\d+\.\d to \+\d+\.\d s, 95 % confidence\)\.\n/);
  expect(out).toMatch(/^mean +1:41 +2:41$/m);
  const { out: json } = await run('json', (context) =>
    compare(context, { link, ...periods, weekdays: [1, 2, 3, 4, 5] }),
  );
  expect(JSON.parse(json)[0]).toMatchObject({ verdict: 'slower', days_after: 20 });
});

test('a report is one file that needs nothing else', async () => {
  const out = join(subject.folder, 'report.html');
  await run('table', (context) => report(context, { link, period: periods.after, before: periods.before, out }));
  const page = readFileSync(out, 'utf8');
  expect(page).toContain('<p>at D1 to at D2</p>');
  expect(page).toContain('Slower after: +60.0 s');
  expect(page.match(/<svg /g)?.length).toBe(4);
  expect(page).not.toMatch(/<script|<link|src=|href=/);
  await expect(run('table', (context) => report(context, { link, out: '/nowhere/report.html' }))).rejects.toThrow(
    '--out /nowhere/report.html',
  );
});

test('flags say what was expected', () => {
  expect(weekdaysFlag('mon-wed,sun,sun')).toEqual([1, 2, 3, 7]);
  expect(hoursFlag('06:15-24:00')).toEqual({ fromMinute: 375, toMinute: 1440 });
  expect(periodFlag('2026-01-01..2026-02-01')).toEqual({ fromDate: '2026-01-01', toDate: '2026-02-01' });
  for (const bad of ['', 'fri-mon', 'monday', 'mon-', 'mon-wed-fri'])
    expect(() => weekdaysFlag(bad)).toThrow('expected days');
  for (const bad of ['', '7:00-9:00', '07:10-08:00', '09:00-07:00', '23:00-24:15'])
    expect(() => hoursFlag(bad)).toThrow('expected hours');
  for (const bad of ['', '2026-01-01', '2026-01-01..', '2026-02-30..2026-03-01'])
    expect(() => periodFlag(bad)).toThrow('expected the first day');
});
