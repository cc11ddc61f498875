import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';

/** More than twice what the system keeps for both ends of a connection. */
const unreadBytes = 90_000_000;
const impatient = { headersMs: 1000, slowReaderMs: 1000, keepAliveMs: 1000 };

async function connected({ url }: HttpSubject): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Closed by the other end; what came until then. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (part) => {
    text += String(part);
  });
  await once(socket, 'close');
  return text;
}

test.each([
  ['nothing', ''],
  ['the beginning of a request', 'GET /healthz HTTP/1.1\r\nHost: local'],
])('a client that sends %s is closed in a bounded time, and others are served meanwhile', async (_, bytes) => {
  await using subject = await startHttpSubject([], { patience: impatient });
  const socket = await connected(subject);
  socket.write(bytes);
  const drip = setInterval(() => bytes !== '' && socket.write('h'), 100);
  const closed = untilClosed(socket);
  expect((await subject.get('/healthz')).status).toBe(200);
  expect(await closed).toMatch(bytes === '' ? /^$|^HTTP\/1.1 408 / : /^HTTP\/1.1 408 /);
  clearInterval(drip);
});

test('a client that takes nothing of its answers is closed in a bounded time', async () => {
  await using subject = await startHttpSubject(['D1'], { patience: impatient });
  const { length } = (await subject.get('/api/openapi.json')).bytes;
  const socket = await connected(subject);
  socket.pause();
  // Cut off, it may end with an error.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(unreadBytes / length));
  await untilStill(() => subject.log.length, 4 * impatient.slowReaderMs);
  socket.resume();
  await closed;
  expect(socket.bytesRead).toBeLessThan(0.7 * unreadBytes);
});

async function untilStill(count: () => number, stillMs: number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, stillMs));
  }
}

test('a connection serves one request after the other, and ends when nothing more is asked', async () => {
  await using subject = await startHttpSubject([], { patience: { ...impatient, keepAliveMs: 3000 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<Socket>();
  for (let index = 0; index < 3; index++) {
    const [response] = await once(
      request(`${subject.url}/healthz`, { agent }, () => {})
        .on('socket', (socket) => sockets.add(socket))
        .end(),
      'response',
    );
    response.resume();
    await once(response, 'end');
  }
  expect(sockets.size).toBe(1);
  const [socket] = sockets;
  if (socket !== undefined && !socket.destroyed) await once(socket, 'close');
  agent.destroy();
});

test('a server that ends answers what was asked, and waits for no connection without a request', async () => {
  await using subject = await startHttpSubject([]);
  const idle = await connected(subject);
  const kept = await connected(subject);
  kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(kept, 'data');
  const ended = Promise.all([untilClosed(idle), untilClosed(kept)]);
  const beganMs = Date.now();
  await subject.stop(60_000);
  await ended;
  expect(Date.now() - beganMs).toBeLessThan(30_000);
  await expect(subject.get('/healthz')).rejects.toThrow(/ECONNREFUSED/);
});
