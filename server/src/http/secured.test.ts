import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredServer, startSecuredServer } from '../access/secured-server.ts';
import { hashedToken, newToken } from '../access/token.ts';

const never = new AbortController().signal;
let server: SecuredServer;
beforeAll(async () => {
  server = await startSecuredServer({ callsPerSecond: 5 });
});
afterAll(() => server[Symbol.asyncDispose]());

const links = '/api/v1/links';
const audits = () => server.log.filter(({ msg }) => msg === 'audit').map(({ audit }) => audit);

describe('over TLS', () => {
  test('a token opens what its role may read, and no other does', async () => {
    const token = await server.token('viewer', 'tls');
    expect((await server.get(links, { token })).status).toBe(200);
    const wrong = await server.get(links, { token: newToken() });
    expect([wrong.status, wrong.json().detail]).toEqual([
      401,
      'authorization: the token is refused: there is no such token',
    ]);
    for (const header of ['Basic eDp5', 'Bearer', `Bearer ${token} ${token}`, token]) {
      const { status, text } = await server.get(links, {}, { headers: { authorization: header } });
      expect([status, text.includes(token)]).toEqual([401, false]);
    }
    expect(audits()).toContainEqual(
      expect.objectContaining({ method: 'ListLinks', result: 'UNAUTHENTICATED', principal: 'unknown' }),
    );
    expect(server.logText()).not.toContain(token);
  });

  test('a token that is revoked opens nothing any more, and ends the stream that it has open', async () => {
    const token = await server.token('viewer', 'gone');
    const address = server.address('http');
    const asked = request(`https://${address}/api/v1/live`, {
      ca: readFileSync(server.authority.file),
      headers: { authorization: `Bearer ${token}` },
      agent: false,
    }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
    await server.context.repository.accessTokens.revoke(hashedToken(token).id, Date.now(), never);
    await once(response, 'close');
    expect((await server.get(links, { token })).json().detail).toMatch(/it was revoked at/);
  });

  test('a token that is revoked in the middle of a file breaks it off, whether it is being read or not', async () => {
    const { network, events } = server.context.repository;
    await network.putDetector({ id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
    // More than lies between a reader that takes nothing and us.
    for (let page = 0; page < 40; page++) {
      const some = Array.from({ length: 1000 }, () => madeUpEvent({ detectorId: 'D1', referenceTimeMs: 1e12 }));
      await events.append(some, never);
    }
    const token = await server.token('viewer', 'reader');
    const begin = async () => {
      const asked = request(`https://${server.address('http')}/api/v1/events.csv`, {
        ...{ ca: readFileSync(server.authority.file), headers: { authorization: `Bearer ${token}` }, agent: false },
      }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.on('error', () => {});
      expect(response.statusCode).toBe(200);
      return response;
    };
    const [stalled, slow] = [await begin(), await begin()];
    await once(slow, 'readable');
    const reading = setInterval(() => slow.read(1000), 5);
    const closed = [stalled, slow].map((response) => new Promise((resolve) => response.once('close', resolve)));
    const { access, ask } = server.client({ token: await server.token('admin', 'ann') });
    await ask(access, access.revokeToken, { id: hashedToken(token).id });
    const broken = () => server.log.filter(({ msg }) => msg === 'an answer was broken off');
    await expect.poll(() => broken().length, { timeout: 5000 }).toBe(2);
    clearInterval(reading);
    for (const response of [stalled, slow]) response.resume();
    await Promise.all(closed);
    for (const { complete, errored } of [stalled, slow])
      expect([complete, errored?.message]).toEqual([false, 'aborted']);
    expect(broken()).toMatchObject([{ route: '/api/v1/events.csv' }, { route: '/api/v1/events.csv' }]);
    expect((await server.get('/api/v1/events.csv', { token })).status).toBe(401);
  });

  test('the rate of calls is that of a caller, whatever it calls by', async () => {
    const [token, other] = [await server.token('viewer', 'busy'), await server.token('viewer', 'calm')];
    const { listLinks } = server.client({ token });
    for (let index = 0; index < 30; index++) await listLinks();
    const answers = await Promise.all(Array.from({ length: 40 }, () => server.get(links, { token })));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers['retry-after']).toBe('1');
    expect(refused?.json()).toMatchObject({ type: 'urn:tdc:problem:limit-reached', retryable: true });
    expect((await server.get(links, { token: other })).status).toBe(200);
  });

  test('plain text gets no answer, and what is agreed on is HTTP/1.1', async () => {
    const address = server.address('http');
    const port = Number(address.split(':')[1]);
    const socket = connect({
      port,
      host: 'localhost',
      ca: readFileSync(server.authority.file),
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
    await expect(fetch(`http://localhost:${port}${links}`)).rejects.toThrow();
  });
});
