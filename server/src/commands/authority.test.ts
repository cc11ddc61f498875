import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { systemClock } from '@tdc/shared/clock.ts';
import { InvalidInputError, PreconditionError } from '@tdc/shared/errors.ts';
import { startGrpcServer } from '@tdc/shared/grpc-server.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAuthority, issueServerFiles } from './authority.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'tdc-authority-')), 'made');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

const at = (name: string) => join(folder, name);
const certificate = (name: string) => new X509Certificate(readFileSync(at(name)));

test('an authority is made once, in files for nobody else', () => {
  expect(createAuthority(folder, 'a city', systemClock)).toContain('keep a copy');
  for (const name of ['authority.pem', 'authority.key']) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  expect(certificate('authority.pem').checkPrivateKey(createPrivateKey(readFileSync(at('authority.key'))))).toBe(true);
  const before = readFileSync(at('authority.key'));
  expect(() => createAuthority(folder, 'a city', systemClock)).toThrow(PreconditionError);
  expect(readFileSync(at('authority.key'))).toEqual(before);
});

test("a server's certificate is made for its names, and made again with the same key and names", () => {
  createAuthority(folder, 'a city', systemClock);
  issueServerFiles(folder, ['collector.example', '10.0.0.7'], systemClock);
  const [first, key] = [certificate('server.pem'), readFileSync(at('server.key'))];
  expect(first.checkHost('collector.example')).toBe('collector.example');
  issueServerFiles(folder, [], systemClock);
  const second = certificate('server.pem');
  expect(second.serialNumber).not.toBe(first.serialNumber);
  expect(second.subjectAltName).toBe(first.subjectAltName);
  expect(readFileSync(at('server.key'))).toEqual(key);
  expect(second.checkPrivateKey(createPrivateKey(key))).toBe(true);
});

test('wrong names, and none where there were none before, are refused by the flag', () => {
  createAuthority(folder, 'a city', systemClock);
  expect(() => issueServerFiles(folder, [], systemClock)).toThrow(/--names is missing: expected the names/);
  expect(() => issueServerFiles(folder, ['a b'], systemClock)).toThrow(InvalidInputError);
  expect(() => issueServerFiles(folder, ['https://c'], systemClock)).toThrow(
    /--names "https:\/\/c": expected names of hosts/,
  );
});

test('a running server shows its new certificate to new connections, without a restart', async () => {
  createAuthority(folder, 'a city', systemClock);
  issueServerFiles(folder, ['localhost'], systemClock);
  const tls = { certFile: at('server.pem'), keyFile: at('server.key'), clientCaFile: at('authority.pem') };
  const logger = createLogger({ level: 'silent' });
  const server = await startGrpcServer({ name: 'test', host: '127.0.0.1', port: 0, services: [], logger, tls });
  try {
    const shown = () => serialShownAt(Number(server.address.split(':')[1]));
    const before = certificate('server.pem').serialNumber;
    expect(await shown()).toBe(before);
    issueServerFiles(folder, [], systemClock);
    const after = certificate('server.pem').serialNumber;
    expect(after).not.toBe(before);
    await vi.waitFor(async () => expect(await shown()).toBe(after), { timeout: 30_000, interval: 200 });
  } finally {
    await server.stop(1000);
  }
});

function serialShownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(at('authority.pem'));
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['h2'] }, () => {
      const { serialNumber }: PeerCertificate = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
    socket.on('error', reject);
  });
}
