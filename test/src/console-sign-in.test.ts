import { type SecuredServer, startSecuredServer } from '@tdc/server/access/secured-server.ts';
import { hashedToken, newToken } from '@tdc/server/access/token.ts';
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
  const other = await context.newPage();
  await other.route('https://evil.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<p>Win!</p>' }),
  );
  await other.goto('https://evil.example/');
  const address = `https://${server.address('http')}`;
  const attempts = await other.evaluate(`Promise.all([
    fetch('${address}/api/v1/session', { method: 'DELETE', credentials: 'include' }),
    fetch('${address}/api/v1/links', { credentials: 'include' }),
    fetch('${address}/api/v1/links', { credentials: 'include', mode: 'no-cors' }),
  ].map((each) => each.then(({ type, status }) => type + status, () => 'refused')))`);
  expect(attempts).toEqual(['refused', 'refused', 'refused']);
  // A form needs no leave to be sent, and would have somebody work under a stranger's name.
  const foreign = await server.token('viewer', 'stranger');
  const answered = other.waitForResponse(`${address}/api/v1/session`);
  await other.evaluate(`(() => {
    document.body.innerHTML = '<form method="post" enctype="text/plain"><input></form>';
    document.forms[0].action = '${address}/api/v1/session';
    document.forms[0][0].name = '{"token":"${foreign}","x":"';
    document.forms[0][0].value = '"}';
    document.forms[0].submit();
  })()`);
  expect((await answered).status()).toBe(403);
  await other.close();
  expect(await context.cookies()).toHaveLength(1);
  await page.reload();
  await eventually(heading).toBe('Town hall');
  expect(await page.locator('.settings').innerText()).toContain('Signed in as desk');
});

test('a token that is revoked ends the session within seconds, with the reason', async () => {
  const [cookie] = await context.cookies();
  await server.context.repository.accessTokens.revoke(hashedToken(cookie?.value ?? '').id, Date.now(), never);
  await eventually(heading).toBe('Sign in');
  expect(await page.getByRole('alert').innerText()).toMatch(/does not take your token any more: .*revoked at/);
  expect(await page.locator('main').innerText()).not.toContain('Town hall');
});

test('who signs out is out', async () => {
  await signIn(await server.token('viewer', 'desk-2'));
  await eventually(heading).toBe('Town hall');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await eventually(heading).toBe('Sign in');
  expect(await context.cookies()).toEqual([]);
  await page.reload();
  await eventually(heading).toBe('Sign in');
});
