import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredServer, startSecuredServer } from '../access/secured-server.ts';
import { hashedToken, newToken } from '../access/token.ts';
import { startHttpSubject } from './http-subject.ts';

const never = new AbortController().signal;
const [session, links] = ['/api/v1/session', '/api/v1/links'];
const ours = { 'sec-fetch-site': 'same-origin' };
let server: SecuredServer;
beforeAll(async () => {
  server = await startSecuredServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const signIn = (token: string, headers: Readonly<Record<string, string>> = ours) =>
  server.get(session, {}, { headers, method: 'POST', body: JSON.stringify({ token }) });
const withCookie = (token: string, headers: Readonly<Record<string, string>> = ours) => ({
  cookie: `other=1; __Host-tdc=${token}`,
  ...headers,
});

describe('who signs in with a token', () => {
  test('gets it back as a cookie that no script reads, no other site sends and plain text does not carry', async () => {
    const token = await server.token('viewer', 'desk');
    const answer = await signIn(token);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { access: 'signed-in', name: 'desk', role: 'viewer', may_acknowledge: false },
    ]);
    expect(answer.headers['set-cookie']).toBe(`__Host-tdc=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`);
    expect((await server.get(links, {}, { headers: withCookie(token) })).status).toBe(200);
    expect((await server.get(session, {}, { headers: withCookie(token) })).json()).toMatchObject({
      access: 'signed-in',
    });
    expect(server.logText()).not.toContain(token);
    expect(server.logText()).toContain('signed in');
  });

  test('is told why a token is not taken, and gets no cookie', async () => {
    for (const [token, detail] of [
      [newToken(), /there is no such token/],
      ['tdc_x', /malformed/],
      ['a b\r\nSet-Cookie: x=y', /malformed/],
    ] as const) {
      const answer = await signIn(token);
      expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
      expect(answer.json().detail).toMatch(detail);
    }
  });

  test.each([
    ['no JSON', 'token=tdc_x', 400],
    ['another field', '{"token":"tdc_x","role":"admin"}', 400],
    ['no text', '{"token":7}', 400],
    ['too much', JSON.stringify({ token: 'x'.repeat(2000) }), 413],
  ])('and a body that is %s is refused', async (_, body, status) => {
    expect((await server.get(session, {}, { headers: ours, method: 'POST', body })).status).toBe(status);
  });

  test('is out again with the end of the token, and after signing out', async () => {
    const token = await server.token('viewer', 'leaving');
    await server.context.repository.accessTokens.revoke(hashedToken(token).id, Date.now(), never);
    const answer = await server.get(session, {}, { headers: withCookie(token) });
    expect([answer.status, answer.json().detail]).toEqual([401, expect.stringMatching(/it was revoked at/)]);
    const out = await server.get(session, {}, { headers: ours, method: 'DELETE' });
    expect([out.status, out.headers['set-cookie']]).toEqual([
      204,
      '__Host-tdc=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0',
    ]);
  });

  test('has live what is live', async () => {
    const token = await server.token('viewer', 'listening');
    const asked = request(`https://${server.address('http')}/api/v1/live`, {
      ...{ ca: readFileSync(server.authority.file), headers: withCookie(token), agent: false },
    }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.destroy();
  });
});

describe('without signing in', () => {
  test('it is said that it is needed, and the page with which to do so is there', async () => {
    expect((await server.get(session)).json()).toEqual({
      access: 'needed',
      name: null,
      role: null,
      may_acknowledge: false,
    });
    const page = await server.get('/', {}, { headers: withCookie(newToken()) });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  test('on loopback in plain text it is not needed, and no cookie is given or taken', async () => {
    await using plain = await startHttpSubject([]);
    const body = JSON.stringify({ token: newToken() });
    const answer = await plain.get(session, { method: 'POST', body });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined]);
    expect(answer.json()).toMatchObject({ access: 'open', may_acknowledge: true });
    expect((await plain.get(links, { headers: withCookie(newToken()) })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  test.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour in the same domain', { 'sec-fetch-site': 'same-site' }],
    ['by the origin alone', { origin: 'https://evil.example' }],
    ['without an origin to name', { origin: 'null' }],
  ])('changes nothing: %s', async (_, headers) => {
    const token = await server.token('viewer', 'lured');
    const forged = await signIn(token, headers);
    expect([forged.status, forged.headers['set-cookie']]).toEqual([403, undefined]);
    const out = await server.get(session, {}, { headers, method: 'DELETE' });
    expect([out.status, out.headers['set-cookie']]).toEqual([403, undefined]);
    // The browser does not send the cookie; if one does, it does not count.
    expect((await server.get(links, {}, { headers: withCookie(token, headers) })).status).toBe(401);
  });

  test('changes nothing on loopback either, where nobody has to sign in', async () => {
    await using plain = await startHttpSubject([]);
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await plain.get(session, { method: 'DELETE', headers })).status).toBe(403);
  });

  test('and one of this server does, also in a browser that says no more than the origin', async () => {
    const token = await server.token('viewer', 'old-browser');
    const origin = `https://${server.address('http')}`;
    expect((await signIn(token, { origin })).status).toBe(200);
    expect((await server.get(links, {}, { headers: withCookie(token, { origin }) })).status).toBe(200);
  });
});
