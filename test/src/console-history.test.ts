import { join } from 'node:path';
import { calendarOf, dateText, weekdayOf } from '@tdc/server/history/calendar.ts';
import { madeUpMornings } from '@tdc/server/history/made-up-mornings.ts';
import { type HttpSubject, startHttpSubject } from '@tdc/server/http/http-subject.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessFaults, startBrowser } from './harness/browser.ts';

const never = new AbortController().signal;
const calendar = calendarOf('Europe/Berlin');
const today = calendar.placeOf(Date.now()).day;
/** Eight weeks of whole ones, up to last Sunday at the latest. */
const monday = today - weekdayOf(today) + 1 - 56;
const [before, after] = [28, 28];
const pictures = process.env.TDC_TEST_SCREENSHOTS;
const viewport = { width: 1060, height: 900 };

let subject: HttpSubject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [subject, browser] = await Promise.all([startHttpSubject(['D1', 'D2']), startBrowser()]);
  const link = { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, freeFlowSeconds: 90 };
  await subject.repository.network.putLink(link, never);
  // Slower towards eight, and by roadworks from the fifth week on.
  const secondsOf = (day: number, minute: number) =>
    110 + (day % 5) * 3 + (minute - 7 * 60) * 1.5 + (day >= monday + before ? 20 : 0);
  await subject.publish(...madeUpMornings(calendar, monday, before + after, secondsOf));
  page = await browser.newPage({ viewport, locale: 'en-GB', timezoneId: 'America/New_York' });
  await page.goto(`${subject.url}/links/D1/D2`);
});
afterAll(async () => {
  await browser?.close();
  await subject?.[Symbol.asyncDispose]();
});

const eventually = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 20_000, interval: 50 });
const section = (name: string) => page.locator('section', { has: page.getByRole('heading', { name, exact: true }) });
const textOf = (name: string) => section(name).innerText();

test('the page of a link leads to what is usual on each day of the week, by the clocks of the network', async () => {
  await page.getByRole('link', { name: 'What is usual' }).click();
  await eventually(() => page.locator('h1').innerText()).toBe('History of D1 to D2');
  await page.getByRole('button', { name: 'Wednesday' }).click();
  await eventually(() => section('What is usual').locator('canvas').count()).toBe(1);
  await section('What is usual').locator('summary').click();
  const rows = section('What is usual').locator('details tbody tr');
  expect(await rows.count()).toBe(4);
  expect(await rows.first().innerText()).toMatch(/^07:00\s+2:\d\d\s+\d:\d\d\s+\d:\d\d\s+[78]\s+this weekday$/);
  await eventually(() => textOf('Reliability')).toMatch(
    /those of the network: Europe\/Berlin[\s\S]*Buffer index\s+0\.\d\d/,
  );
});

test('two periods that were chosen are compared, in an address that can be kept', async () => {
  const fill = async (name: string, day: number) => page.locator(`[name=${name}]`).fill(dateText(day));
  await fill('before_first', monday);
  await fill('before_last', monday + before - 1);
  await fill('first', monday + before);
  await fill('last', monday + before + after - 1);
  await page.locator('[name=time_from]').selectOption('07:00');
  await page.locator('[name=time_to]').selectOption('08:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await eventually(() => textOf('Before and after')).toMatch(
    /It has become slower\. By \+20\.\d sec, with 95 % confidence between \+1\d\.\d sec and \+2\d\.\d sec; 1\d%/,
  );
  const shown = await textOf('Before and after');
  expect(shown).toMatch(/Buffer index\s+0\.\d\d\s+0\.\d\d/);
  await page.reload();
  await eventually(() => textOf('Before and after')).toBe(shown);
  expect(await page.locator('[name=first]').inputValue()).toBe(dateText(monday + before));
  if (pictures !== undefined) {
    await page.waitForTimeout(500);
    await section('Before and after').screenshot({ path: join(pictures, 'console-history.png') });
  }
  await page.getByRole('link', { name: 'Report to be printed' }).click();
  await eventually(() => page.locator('body').innerText()).toContain('Slower after: +20');
  await page.goBack();
});

test('a period that cannot be is refused with the reason, and the rest stays', async () => {
  await page.locator('[name=last]').fill(dateText(monday));
  await page.getByRole('button', { name: 'Show' }).click();
  await eventually(() => textOf('Reliability')).toMatch(/could not be loaded:[\s\S]*expected a day after from_date/);
  await eventually(() => section('What is usual').locator('canvas').count()).toBe(1);
});

test('everybody can use it, in light and dark, on a phone and in German', async () => {
  await page.goto(`${subject.url}/links/D1/D2/history`);
  await eventually(() => section('Reliability').locator('canvas').count()).toBe(2);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await eventually(() => page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
    expect([colorScheme, await accessFaults(page)]).toEqual([colorScheme, []]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await eventually(() => page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await page.getByLabel('Language').selectOption('de');
  await eventually(() => textOf('Verlässlichkeit')).toMatch(/Pufferindex\s+0,\d\d/);
});
