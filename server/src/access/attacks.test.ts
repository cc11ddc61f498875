import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import { defaultGrpcServerLimits, startGrpcServer } from '@tdc/shared/grpc-server.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SecuredClient, type SecuredServer, startSecuredServer } from './secured-server.ts';

/** Short, so that the tests wait for the limits themselves. */
const connections = {
  ...{ connectionsMax: 300, connectionsPerPeerMax: 100 },
  ...{ handshakeMs: 700, pingAfterMs: 400, pingAnswerMs: 300 },
};
/** Loopback has many addresses: an attacker has one of its own. */
const attacker = '127.0.0.66';
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

let server: SecuredServer;
let friend: SecuredClient;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await startSecuredServer({ connections });
  friend = server.client({ token: await server.token('viewer') });
  await friend.listLinks();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server[Symbol.asyncDispose]();
});

const placeOf = (address: string) => ({
  host: '127.0.0.1',
  port: Number(address.split(':')[1]),
  localAddress: attacker,
});

/** A connection of the attacker's; says when it is closed. */
function open(address = server.query): { readonly socket: Socket; readonly closed: Promise<void> } {
  const socket = connect(placeOf(address));
  sockets.push(socket);
  socket.on('error', () => {});
  // Who reads nothing does not learn of the end.
  socket.resume();
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** As TLS, with nothing to show. */
function openTls(address = server.query): {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly agreed: Promise<void>;
} {
  const { promise: agreed, resolve } = Promise.withResolvers<void>();
  const ca = readFileSync(server.authority.file);
  const socket = connectTls({ ...placeOf(address), ca, servername: 'localhost', ALPNProtocols: ['h2'] }, resolve);
  sockets.push(socket);
  socket.on('error', () => {});
  socket.resume();
  return { socket, agreed, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** Sends a text a byte at a time, for ever, until the connection is closed. */
function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), 100);
  socket.once('close', () => clearInterval(timer));
}

test('plain text at a port with TLS gets no answer, and is in the log', async () => {
  const client = new QueryServiceClient(server.query, credentials.createInsecure());
  const call = callUnary(client, client.listLinks, {}, { timeoutMs: 2000 });
  await expect(call).rejects.toThrow(UnavailableError);
  client.close();
  const { socket, closed } = open();
  socket.write(preface);
  await closed;
  await friend.listLinks();
  expect(server.logText()).toContain('no TLS was agreed on');
});

test('TLS at a port with plain text gets no answer, and harms nobody', async () => {
  const plain = await startGrpcServer({
    ...{ name: 'plain', host: '127.0.0.1', port: 0, services: [], logger: createLogger({ level: 'silent' }) },
    limits: defaultGrpcServerLimits,
  });
  const { socket, closed } = openTls(plain.address);
  await closed;
  expect(socket.destroyed).toBe(true);
  const client = new QueryServiceClient(plain.address, credentials.createInsecure());
  const call = callUnary(client, client.listLinks, {}, { timeoutMs: 2000 });
  await expect(call).rejects.toThrow('UNIMPLEMENTED');
  client.close();
  await plain.stop(1000);
});

test.each([
  ['a connection on which nothing comes', () => open()],
  ['TLS a byte at a time', () => slow(open(), String.fromCharCode(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3))],
  ['TLS on which nothing comes', () => openTls()],
  ['the beginning of HTTP/2 a byte at a time', () => slow(openTls(), preface)],
  ['HTTP/2 in full that answers no ping', () => deaf(openTls())],
] as const)('%s is closed in a bounded time, and others are served meanwhile', async (_, attack) => {
  const { closed } = attack();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  let served = 0;
  while (!isClosed) {
    await friend.listLinks();
    served += 1;
    // Well below the rate that a caller is allowed, also on a fast machine.
    await sleep(50);
  }
  expect(served).toBeGreaterThan(0);
});

function slow<Opened extends { readonly socket: Socket }>(opened: Opened, text: string): Opened {
  drip(opened.socket, text);
  return opened;
}

/** Says what begins HTTP/2, an empty SETTINGS frame with it, and then nothing. */
function deaf<Opened extends { readonly socket: Socket }>(opened: Opened): Opened {
  opened.socket.write(`${preface}${String.fromCharCode(0, 0, 0, 4, 0, 0, 0, 0, 0)}`, 'latin1');
  return opened;
}

test('ten thousand connections of one address leave as many open as that may have, and others get in', async () => {
  const tries = 10_000;
  let closed = 0;
  let most = 0;
  for (let i = 0; i < tries; i += 1000) {
    const batch = Array.from({ length: 1000 }, () => open());
    for (const each of batch) {
      void each.closed.then(() => {
        closed += 1;
      });
    }
    await expect.poll(() => i + 1000 - closed, { timeout: 20_000, interval: 5 }).toBeLessThanOrEqual(100);
    most = Math.max(most, i + 1000 - closed);
    await server.client({ token: await server.token('viewer') }).listLinks();
  }
  expect(most).toBeLessThanOrEqual(100);
  expect(server.logText()).toContain('100 of this address are open (limits.connections_per_address_max)');
  // A flood does not fill the log.
  expect(server.log.length).toBeLessThan(20);
}, 60_000);

test('no TLS session is taken up again: a certificate is checked in each handshake', async () => {
  const { certFile, keyFile } = server.detector('D1');
  const place = { ...placeOf(server.query), servername: 'localhost', ALPNProtocols: ['h2'] };
  const options = {
    ...place,
    ca: readFileSync(server.authority.file),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
  };
  const first = connectTls(options);
  sockets.push(first);
  const sessions: Buffer[] = [];
  first.on('session', (session) => sessions.push(session));
  await new Promise((resolve) => first.once('secureConnect', resolve));
  await friend.listLinks();
  const session = sessions.at(-1) ?? first.getSession();
  const again = connectTls({ ...options, ...(session === undefined ? {} : { session }) });
  sockets.push(again);
  await new Promise((resolve) => again.once('secureConnect', resolve));
  expect(again.isSessionReused()).toBe(false);
});

test('many streams on one connection are bounded too', async () => {
  const session = connectHttp2(`https://${server.query}`, {
    ca: readFileSync(server.authority.file),
    servername: 'localhost',
  });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  expect(session.remoteSettings.maxConcurrentStreams).toBe(256);
  session.destroy();
});

test('a stream of events beyond the rate is slowed down and loses none; single batches are refused with how long to wait', async () => {
  await using limited = await startSecuredServer({ eventsPerSecond: 100 });
  const { network } = limited.context.repository;
  const never = new AbortController().signal;
  await network.putDetector({ id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
  const { collector, ask } = limited.client({ certificate: limited.detector('D1') });
  const batchOf = (count: number) =>
    Array.from({ length: count }, () => eventToWire(madeUpEvent({ referenceTimeMs: Date.now() - 60_000 })));
  const stream = collector.streamEvents();
  const acknowledged: bigint[] = [];
  stream.on('data', ({ batch }) => acknowledged.push(batch));
  for (let batch = 1n; batch <= 12n; batch++) stream.write({ batch, events: batchOf(100) });
  await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBe(12);
  stream.end();
  const failure = await ask(collector, collector.recordEvents, { events: batchOf(500) }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: 'LimitError', retryAfterMs: expect.any(Number) });
  expect(failure).toMatchObject({ message: expect.stringContaining('too many events') });
});

test('many streams that flood together are refused with how long to wait', async () => {
  await using limited = await startSecuredServer({ eventsPerSecond: 100 });
  const { network } = limited.context.repository;
  const never = new AbortController().signal;
  await network.putDetector({ id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
  const { certFile, keyFile } = limited.detector('D1');
  const channel = clientCredentials({ caFile: limited.authority.file, certFile, keyFile });
  const collector = new CollectorServiceClient(limited.collector, channel);
  const events = Array.from({ length: 1000 }, () => eventToWire(madeUpEvent({ referenceTimeMs: Date.now() - 60_000 })));
  const ends = Array.from({ length: 4 }, () => {
    const stream = collector.streamEvents();
    stream.on('data', () => {});
    stream.write({ batch: 1n, events });
    return new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  });
  expect(await Promise.race(ends)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  collector.close();
});
