import { type SecuredServer, startSecuredServer } from '@tdc/server/access/secured-server.ts';
import { hashedToken, newToken } from '@tdc/server/access/token.ts';
import { alertAt, closedOf, putAlerts } from '@tdc/server/alerts/made-up-alerts.ts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessFaults, startBrowser } from './harness/browser.ts';

const never = new AbortController().signal;
let server: SecuredServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [server, browser] = await Promise.all([startSecuredServer(), startBrowser()]);
  const position = { type: 'plane', xM: 0, yM: 0 } as const;
  await server.context.repository.network.putDetector({ id: 'D1', name: 'Town hall', position }, never);
  const over = Array.from({ length: 25 }, (_, second) => alertAt(second));
  await putAlerts(server.context.repository, ...over, ...over.map(closedOf));
  // Its certificate is that of an authority of this test.
  context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en' });
  page = await context.newPage();
  await page.goto(`https://${server.address('http')}/detectors/D1`);
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const eventually = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 20_000, interval: 50 });
const heading = () => page.locator('h1').innerText();
async function signIn(token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function foreignPage(): Promise<Page> {
  const other = await context.newPage();
  const win = { contentType: 'text/html', body: '<p>Win!</p>' };
  await other.route('https://evil.example/', (route) => route.fulfill(win));
  await other.goto('https://evil.example/');
  return other;
}

/** A form needs no leave to be sent; its one field makes a text that is JSON. */
async function formStatus(other: Page, address: string, name: string, value: string): Promise<number> {
  const answered = other.waitForResponse(address);
  await other.evaluate(`((address, name, value) => {
    document.body.innerHTML = '<form method="post" enctype="text/plain"><input></form>';
    document.forms[0].action = address;
    Object.assign(document.forms[0][0], { name, value });
    document.forms[0].submit();
  })(...${JSON.stringify([address, name, value])})`);
  return (await answered).status();
}

test('who has no token is asked for one, and told why one is not taken', async () => {
  await eventually(heading).toBe('Sign in');
  expect(await page.evaluate('document.activeElement.name')).toBe('token');
  expect(await accessFaults(page)).toEqual([]);
  await signIn(newToken());
  await eventually(() => page.getByRole('alert').innerText()).toContain('there is no such token');
  expect(await page.getByLabel('Token').inputValue()).toBe('');
  expect(await context.cookies()).toEqual([]);
});

test('who has one comes to the page that was asked for, and stays in over a reload', async () => {
  const token = await server.token('viewer', 'desk');
  await signIn(token);
  await eventually(heading).toBe('Town hall');
  await eventually(() => page.locator('.traffic').innerText()).toContain('Live');
  expect(await page.locator('.settings').innerText()).toContain('Signed in as desk');
  const [cookie, ...others] = await context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({
    ...{ name: '__Host-tdc', domain: 'localhost', path: '/', expires: -1 },
    ...{ httpOnly: true, secure: true, sameSite: 'Strict' },
  });
  expect(await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(
    'tdc_',
  );
  await page.reload();
  await eventually(heading).toBe('Town hall');
});

test('a page of another site neither signs anybody out nor reads anything', async () => {
  const other = await foreignPage();
  const address = `https://${server.address('http')}`;
  const attempts = await other.evaluate(`Promise.all([
    fetch('${address}/api/v1/session', { method: 'DELETE', credentials: 'include' }),
    fetch('${address}/api/v1/links', { credentials: 'include' }),
    fetch('${address}/api/v1/links', { credentials: 'include', mode: 'no-cors' }),
  ].map((each) => each.then(({ type, status }) => type + status, () => 'refused')))`);
  expect(attempts).toEqual(['refused', 'refused', 'refused']);
  // Somebody would work under a stranger's name.
  const foreign = await server.token('viewer', 'stranger');
  expect(await formStatus(other, `${address}/api/v1/session`, `{"token":"${foreign}","x":"`, '"}')).toBe(403);
  await other.close();
  expect(await context.cookies()).toHaveLength(1);
  await page.reload();
  await eventually(heading).toBe('Town hall');
  expect(await page.locator('.settings').innerText()).toContain('Signed in as desk');
});

test('a viewer sees alerts and why they cannot be acknowledged, and those that are over in pages', async () => {
  await putAlerts(server.context.repository, alertAt(100));
  await page.getByRole('link', { name: 'Alerts' }).click();
  await eventually(() => page.locator('li[data-state=closed]').count()).toBe(20);
  await page.getByRole('button', { name: 'Show more' }).click();
  await eventually(() => page.locator('li[data-state=closed]').count()).toBe(25);
  await eventually(() => page.locator('li[data-state=open]').innerText()).toContain('you are signed in as a viewer');
  expect(await page.locator('.acknowledgement').count()).toBe(0);
  await page.getByRole('link', { name: 'Town hall' }).first().click();
  await eventually(heading).toBe('Town hall');
  expect(await page.locator('.alerts li').getAttribute('data-state')).toBe('open');
});

test('a token that is revoked ends the session within seconds, with the reason', async () => {
  const [cookie] = await context.cookies();
  await server.context.repository.accessTokens.revoke(hashedToken(cookie?.value ?? '').id, Date.now(), never);
  await eventually(heading).toBe('Sign in');
  expect(await page.getByRole('alert').innerText()).toMatch(/does not take your token any more: .*revoked at/);
  expect(await page.locator('main').innerText()).not.toContain('Town hall');
});

test('no page of another site acknowledges an alert for an operator, who does so by keyboard', async () => {
  await signIn(await server.token('operator', 'desk-2'));
  await eventually(heading).toBe('Town hall');
  const { id } = alertAt(100);
  const address = `https://${server.address('http')}/api/v1/alerts/${id}/acknowledgement`;
  const other = await foreignPage();
  const send = (mode: string, type: string) =>
    other.evaluate(`fetch('${address}', {
      method: 'POST', credentials: 'include', mode: '${mode}', headers: { 'content-type': '${type}' }, body: '{"request_id":"r"}'
    }).then(({ status }) => status, () => 'refused')`);
  expect(await send('cors', 'application/json')).toBe('refused');
  expect([0, 'refused']).toContain(await send('no-cors', 'text/plain'));
  expect(await formStatus(other, address, '{"request_id":"r","x":"', '"}')).toBe(403);
  await other.close();
  expect(await server.context.repository.alerts.current(never)).toEqual([alertAt(100)]);

  // The first attempt does not arrive; what is sent again is the same request.
  const requestIds: unknown[] = [];
  await page.route(address, async (route) => {
    requestIds.push(route.request().postDataJSON().request_id);
    await (requestIds.length === 1 ? route.abort() : route.continue());
  });
  const alert = page.locator('.alerts li');
  await alert.getByText('Acknowledge').first().focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('<b>on my way</b>');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await eventually(() => alert.getByRole('alert').innerText()).toContain('The server did not take it');
  await page.keyboard.press('Enter');
  await eventually(() => alert.innerText()).toMatch(/Seen to by desk-2[\s\S]*<b>on my way<\/b>/);
  expect(await page.evaluate('document.activeElement.textContent')).toContain('Town hall');
  const [acknowledged] = await server.context.repository.alerts.current(never);
  expect(acknowledged?.acknowledgement).toMatchObject({ by: 'desk-2', note: '<b>on my way</b>' });
  expect(requestIds).toEqual([acknowledged?.acknowledgement?.requestId, acknowledged?.acknowledgement?.requestId]);
});

test('who signs out is out', async () => {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await eventually(heading).toBe('Sign in');
  expect(await context.cookies()).toEqual([]);
  await page.reload();
  await eventually(heading).toBe('Sign in');
});
