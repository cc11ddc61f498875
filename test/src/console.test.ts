import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, pointsOfColour, startBrowser } from './harness/browser.ts';
import { type Estimate, isFree, isJam, nameOf } from './harness/link-estimate.ts';
import { QuickRoad } from './harness/quick-road.ts';
import { ask, collectorAt } from './harness/rpc.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

/** A minute of traffic takes seven and a half seconds. */
const quickness = 8;
const jamColour = '#a50026';
const network = readFileSync(fileURLToPath(new URL('../../deploy/demo/road.yaml', import.meta.url)), 'utf8');
/** Where pictures for the documents go; none by default. */
const pictures = process.env.TDC_TEST_SCREENSHOTS;

const viewport = { width: 1060, height: 640 };

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let road: QuickRoad;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let reader: Page;
const requested: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  folder = await temporaryDirectory();
  [road, browser] = await Promise.all([QuickRoad.start(folder.path, network, quickness), startBrowser()]);
  context = await browser.newContext({
    viewport,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  context.on('request', (request) => requested.push(request.url()));
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page = await context.newPage();
  reader = await browser.newPage();
  await page.goto(road.url);
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await road?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** The machine may be busy; minutes of the road are seconds. */
const eventually = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 40_000, interval: 100 });
const linkRow = (id: string) => page.locator(`tr[data-link="${id}"]`);
const picture = async (name: string, fullPage = false) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage });
};
/** What the API says of all links now. */
async function estimates(more = '') {
  const answer = await fetch(`${road.url}/api/v1/estimates${more}`);
  return ((await answer.json()) as { estimates: readonly Estimate[] }).estimates;
}
describe('the console', () => {
  test('shows the network on a map and in lists, as the API has it', async () => {
    await eventually(() => page.locator('tr[data-link]').count()).toBe(12);
    expect(await page.locator('tr[data-detector]').count()).toBe(8);
    await eventually(() => linkRow('D1:D2').innerText()).toMatch(/North ring to Station\s+\d:\d\d\s+\+?\d:\d\d\s+free/);
    await expect
      .poll(() => page.locator('.traffic').innerText(), { timeout: 20_000 })
      .toMatch(/Live · \d+ detections a minute/);
    await eventually(() => pointsOfColour(reader, page, '.map-canvas', '#2166ac')).toBeGreaterThan(300);
    expect(await page.locator('footer').innerText()).toContain('Europe/Berlin');
  });

  test('a jam forms, and the link turns red within two minutes of the estimate', async () => {
    const jammed = await until('a jam', async () => (await estimates()).find((each) => isJam(each)), {
      timeoutMs: 110_000,
      pollMs: 100,
    });
    const id = nameOf(jammed);
    expect((await estimates(`/history?links=${id}`)).filter(isFree).length).toBeGreaterThan(10);
    await eventually(() => linkRow(id).getAttribute('data-level')).toBe('jam');
    expect(await linkRow(id).innerText()).toMatch(/jam$/);
    // What needs somebody is first.
    expect(await page.locator('tr[data-link]').first().getAttribute('data-level')).toBe('jam');
    await eventually(() => pointsOfColour(reader, page, '.map-canvas', jamColour)).toBeGreaterThan(300);
    await picture('console-overview');
    await linkRow(id).getByRole('link').click();
    await eventually(() => page.locator('.headline').getAttribute('data-level')).toBe('jam');
    await page.getByRole('button', { name: 'Last 3 hours' }).click();
    await page.getByLabel('Single vehicles').check();
    await page.getByLabel('Other estimators').check();
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually(() => page.locator('.chart canvas').count()).toBe(1);
    await page.waitForTimeout(500);
    await picture('console-link', true);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('finds links and detectors by words of their names', async () => {
    await page.goto(road.url);
    await page.getByRole('searchbox').fill('market ring');
    await eventually(() => page.locator('tr[data-link]').count()).toBe(0);
    await page.getByRole('searchbox').fill('river market');
    await eventually(() => page.locator('tr[data-link]').count()).toBe(2);
    await page.getByRole('searchbox').fill('');
    await eventually(() => page.locator('tr[data-link]').count()).toBe(12);
  });

  test('goes by keyboard alone from page to page and back', async () => {
    await page.reload();
    await eventually(() => page.locator('tr[data-link]').count()).toBe(12);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    const link = page.getByRole('link', { name: 'Market to Harbour' });
    await link.focus();
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate('document.activeElement.textContent')).toBe('Market to Harbour');
    expect(new URL(page.url()).pathname).toBe('/links/D3/D6');
    expect(await page.title()).toBe('Market to Harbour · tdc');
    await eventually(() => page.locator('.chart canvas').count()).toBe(1);
    await page.goBack();
    await eventually(() => page.locator('h1').innerText()).toBe('Overview');
  });

  test("has a link's course of three hours with its single vehicles, and of a day on which nothing was", async () => {
    await page.goto(`${road.url}/links/D3/D6`);
    await page.getByRole('button', { name: 'Last 3 hours' }).click();
    const matched = page.waitForResponse((response) => response.url().includes('/matches?'));
    await page.getByLabel('Single vehicles').check();
    const { matches } = (await (await matched).json()) as { matches: unknown[] };
    expect(matches.length).toBeGreaterThan(10);
    await eventually(() => page.locator('.chart canvas').count()).toBe(1);
    expect(await page.locator('.facts').innerText()).toMatch(/Last vehicle\s+\d+ (seconds|minutes) ago/);
    await page.getByLabel('Other estimators').check();
    await eventually(() => page.locator('.chart .u-legend').innerText()).toMatch(/TransGuide[\s\S]*Dion and Rakha/);
    await page.locator('summary').click();
    expect(await page.locator('details tbody tr').count()).toBeGreaterThanOrEqual(2);
    // The end of the row: what TransGuide and the others would have said.
    expect(await page.locator('details tbody tr').nth(1).innerText()).toMatch(/(\s+\d+:\d\d){4}$/);
    await page.getByLabel('Day').fill('2020-01-01');
    await eventually(() => page.locator('main').innerText()).toContain('There are no travel times in this period.');
  });

  test('tells of a detector what its agent says', async () => {
    await page.goto(`${road.url}/detectors/D3`);
    const main = page.locator('main');
    await eventually(() => main.innerText()).toMatch(/Events made\s+[\d,]+/);
    const text = await main.innerText();
    for (const part of [/Market/, /well/, /Clock\s+trusted/, /Connection\s+connected/, /Dropped\s+none/]) {
      expect(text).toMatch(part);
    }
    await eventually(() => page.locator('tr[data-link]').count()).toBe(6);
    // Two statuses must have come.
    await eventually(() => main.innerText()).toMatch(/simulated\s+running\s+[\d,]+/);
  });

  test('adds up a route as a sign has it, detector after detector', async () => {
    await page.goto(`${road.url}/route`);
    for (const name of ['North ring', 'Station', 'Market']) {
      await page.locator('select[name=next]').selectOption({ label: name });
    }
    await eventually(() => page.locator('.sign').innerText()).toMatch(/Market\s+\d+ min/);
    expect(new URL(page.url()).search).toBe('?via=D1&via=D2&via=D3');
    await page.getByRole('button', { name: 'Take back the last' }).click();
    await eventually(() => page.locator('.sign').innerText()).toMatch(/Station\s+\d+ min/);
  });

  test('has a sign for each route with a name, which follows the road and leads to what is behind it', async () => {
    await page.goto(`${road.url}/route`);
    await eventually(() => page.locator('.signs li').count()).toBe(3);
    const sign = page.locator('[data-route=harbour]');
    await eventually(() => sign.innerText()).toMatch(/^North ring to Harbour\s+\d+ min\s+(free|dense|slow|jam)/);
    await sign.getByRole('link').click();
    await eventually(() => page.locator('h1').innerText()).toBe('North ring to Harbour');
    expect(new URL(page.url()).pathname).toBe('/routes/harbour');
    expect((await page.locator('.via').innerText()).split('\n').join()).toMatch(/North ring.*Station.*Market.*Harbour/);
    await eventually(() => page.locator('tr[data-link]').count()).toBe(3);
    const facts = page.locator('.facts');
    await eventually(() => facts.innerText()).toMatch(/Last vehicle\s+\d+ (seconds|minutes) ago/);
    const minute = /Of the minute\s+([\d:]+)/;
    const before = minute.exec(await facts.innerText())?.[1];
    await eventually(async () => minute.exec(await facts.innerText())?.[1]).not.toBe(before);
  });

  test('is German for who wants it, and stays so, in the colours that were chosen', async () => {
    await page.getByLabel('Language').selectOption('de');
    await page.getByLabel('Farben').selectOption('dark');
    await page.goto(road.url);
    await eventually(() => page.locator('h1').innerText()).toBe('Übersicht');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await eventually(() => linkRow('D1:D2').innerText()).toContain('North ring nach Station');
    await page.getByLabel('Farben').selectOption('system');
  });
});

/** With what each shows when it is all there. */
const pages = [
  ['/', /River bridge[\s\S]*Quarry/],
  ['/links/D3/D6', /As a table|Als Tabelle/],
  ['/detectors/D3', /simulated/],
  ['/route?via=D1&via=D2', /Station\s+\d+ min/],
  ['/alerts', /There is no alert|Es gibt keinen Alarm/],
  ['/route', /North ring to Harbour\s+\d+ min/],
  ['/routes/harbour', /North ring to Harbour\s+\d+ min/],
  ['/links/D1/nothing', /no such detector or link|gibt es im Netz nicht/],
] as const;

/** In both colours, and on a phone. */
async function expectUsable(path: string, shown: RegExp): Promise<void> {
  await page.goto(road.url + path);
  await eventually(() => page.locator('main').innerText()).toMatch(shown);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await eventually(() => page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
    expect([colorScheme, await accessFaults(page)]).toEqual([colorScheme, []]);
    const free = colorScheme === 'light' ? '#2166ac' : '#6baed6';
    if (path === '/') await eventually(() => pointsOfColour(reader, page, '.map-canvas', free)).toBeGreaterThan(300);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await eventually(() => page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  if (path === '/links/D3/D6') await picture('console-phone');
  await page.setViewportSize(viewport);
}

describe('everybody can use it, in light and dark and on a phone', () => {
  test.each(pages)('%s', expectUsable);
});

describe('what happens on the road', () => {
  test('detectors are stopped, and their links say so, and no others', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(road.url);
    await page.getByLabel('Sprache').selectOption('en');
    await eventually(() => linkRow('S1:S2').count()).toBe(1);
    await road.stopSideRoad();
    await eventually(() => linkRow('S1:S2').getAttribute('data-level')).toBe('down');
    await eventually(() => linkRow('S2:S1').innerText()).toMatch(/detector down$/);
    await eventually(() => page.locator('tr[data-detector="S1"]').innerText()).toMatch(/silent/);
    await eventually(() => linkRow('D1:D2').getAttribute('data-level')).not.toBe('down');
    await linkRow('S1:S2').getByRole('link').click();
    await eventually(() => page.locator('.facts').first().innerText()).toContain('a detector is down');
  });

  test('alerts of it come by themselves, are counted, and say who sees to them', async () => {
    const badge = page.locator('nav .badge');
    await eventually(() => badge.innerText()).toBe('2');
    expect(await page.locator('[aria-live=polite]').innerText()).toBe('Alerts that nobody sees to: 2');
    await page.locator('nav').getByRole('link', { name: 'Alerts' }).click();
    const alert = page.locator('.alerts li', { has: page.getByRole('link', { name: 'Old mill' }) });
    await eventually(() => alert.innerText()).toMatch(
      /^Detector silent: Old mill[\s\S]*nobody sees to it[\s\S]*Since\s+\w+ \d+, \d{4}, \d\d:\d\d:\d\d \S+ [\s\S]*no status/,
    );
    await alert.getByText('Acknowledge').first().click();
    await alert.getByLabel('Note').fill('a crew is on its way');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await eventually(() => alert.innerText()).toMatch(/Seen to by local[\s\S]*a crew is on its way/);
    await eventually(() => badge.innerText()).toBe('1');
    await picture('console-alerts');
    await alert.getByRole('link').click();
    await eventually(() => page.locator('.alerts li').getAttribute('data-state')).toBe('acknowledged');
    await linkRow('S1:S2').getByRole('link').click();
    await eventually(() => page.locator('.link-page .alerts li').count()).toBe(2);
    await expectUsable('/alerts', /Quarry[\s\S]*Old mill/);
  });

  test('a name that is a page of its own is shown as a name', async () => {
    const name = '<img src=x onerror="globalThis.taken=1"><script>globalThis.taken=2</script>';
    using collector = collectorAt(road.server.collector);
    await ask(collector.client, collector.client.putDetector, {
      detector: { id: 'S1', name, position: { $case: 'plane', value: { xM: 3600, yM: -2600 } } },
    });
    await ask(collector.client, collector.client.putRoute, {
      route: { id: 'mill', name, detectorIds: ['S1', 'S2'] },
    });
    const pages = ['/', '/links/S1/S2', '/detectors/S1', '/route?via=S2&via=S1', '/route', '/routes/mill', '/alerts'];
    for (const path of pages) {
      await page.goto(road.url + path);
      await eventually(() => page.locator('body').innerText()).toContain(name);
      await page.waitForTimeout(300);
      expect(await page.locator('#console img, #console script').count()).toBe(0);
      expect(await page.evaluate('globalThis.taken')).toBe(undefined);
    }
  });

  test('the server is away and comes back: the page says so, keeps what it has, and goes on by itself', async () => {
    await page.goto(road.url);
    await eventually(() => linkRow('D1:D2').count()).toBe(1);
    expect(complaints).toEqual([]);
    const banner = page.locator('[role=status]');
    await road.stopServer();
    await eventually(() => banner.innerText()).toMatch(
      /Connection lost at \d\d:\d\d:\d\d \S+\. What you see is of then\./,
    );
    expect(await linkRow('D1:D2').innerText()).toMatch(/\d:\d\d/);
    expect(await page.locator('.live').count()).toBe(0);
    expect(await accessFaults(page)).toEqual([]);
    await road.startServerAgain();
    await eventually(() => banner.innerText()).toBe('Connected again. Everything is live.');
    const before = await linkRow('D1:D2').innerText();
    await eventually(() => linkRow('D1:D2').innerText()).not.toBe(before);
    // A browser says itself what it could not load.
    expect(complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|50\d/.test(text))).toEqual([]);
  });

  test('and all the time nothing was asked of any other host', () => {
    expect(requested.length).toBeGreaterThan(200);
    const hosts = new Set(requested.filter((each) => !each.startsWith('data:')).map((each) => new URL(each).host));
    expect([...hosts]).toEqual([road.server.http]);
  });
});
