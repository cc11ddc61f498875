import { X509Certificate } from 'node:crypto';
import { createServer as createPlainServer, type Server } from 'node:net';
import { createServer } from 'node:tls';
import { pinOf } from '@tdc/shared/enrolment-token.ts';
import { AccessError, InvalidInputError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpensslAuthority } from './openssl-authority.ts';
import { pinnedAuthority } from './pinned-authority.ts';

const never = new AbortController().signal;
const dayMs = 86_400_000;
let ours: OpensslAuthority;
let theirs: OpensslAuthority;

beforeAll(() => {
  ours = new OpensslAuthority('ours');
  theirs = new OpensslAuthority('theirs');
});
afterAll(() => {
  ours[Symbol.dispose]();
  theirs[Symbol.dispose]();
});

const pinOfPem = (pem: string) => pinOf(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }));

async function listening(server: Server): Promise<AsyncDisposable & { readonly address: string }> {
  server.on('connection', (socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `localhost:${typeof bound === 'object' ? bound?.port : ''}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

const serving = ({ cert, key }: { readonly cert: string; readonly key: string }, chain: string) =>
  listening(createServer({ cert: cert + chain, key, ALPNProtocols: ['h2'] }));
const ask = (address: string, nowMs = Date.now()) =>
  pinnedAuthority({ address, pin: pinOfPem(ours.pem), nowMs }, never);

test('the authority of a server is found by its pin', async () => {
  await using server = await serving(ours.issue('DNS:localhost'), ours.pem);
  expect((await ask(server.address)).toString()).toBe(ours.pem);
});

test('a server of another authority is refused, whatever else it shows', async () => {
  const leaf = theirs.issue('DNS:localhost');
  for (const chain of [theirs.pem, ours.pem, theirs.pem + ours.pem, '']) {
    await using server = await serving(leaf, chain);
    await expect(ask(server.address)).rejects.toThrow(AccessError);
    await expect(ask(server.address)).rejects.toThrow(/somebody may be between .*nothing was sent/);
  }
});

test('a clock that is behind or ahead is told, with what it says and what was expected', async () => {
  await using server = await serving(ours.issue('DNS:localhost'), ours.pem);
  for (const wrongMs of [Date.parse('2024-03-01T00:00:00Z'), Date.now() + 400 * dayMs]) {
    await expect(ask(server.address, wrongMs)).rejects.toThrow(PreconditionError);
    await expect(ask(server.address, wrongMs)).rejects.toThrow(
      `the clock of this box says ${new Date(wrongMs).toISOString()}, and the server's certificate is valid from`,
    );
  }
});

test('a server whose certificate is for other names is told', async () => {
  await using server = await serving(ours.issue('DNS:collector.example'), ours.pem);
  await expect(ask(server.address)).rejects.toThrow(InvalidInputError);
  await expect(ask(server.address)).rejects.toThrow(/a certificate for other names \(DNS:collector\.example\)/);
});

test('a server that is not there, or speaks no TLS, is told in words', async () => {
  await using plain = await listening(
    createPlainServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await expect(ask(plain.address)).rejects.toThrow(UnavailableError);
  await expect(ask(plain.address)).rejects.toThrow(/it speaks plain text and not TLS/);
  await expect(ask('localhost:9')).rejects.toThrow(/localhost:9: nothing listens there/);
  await expect(ask('no-such-host.invalid:9000')).rejects.toThrow(/the name is not known/);
});
