import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerTls } from '@tdc/shared/connection-front.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { type GrpcServer, startGrpcServer, unary } from '@tdc/shared/grpc-server.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AgentTls } from '../config.ts';
import { checkCollector } from './collector.ts';

let folder: string;
let server: GrpcServer | undefined;
let listeners: readonly Server[] = [];
const file = (name: string) => join(folder, name);
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority, and certificates that it has signed: of this machine, of another name, and of a time that is over. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-doctor-'));
  for (const name of ['authority', 'stranger']) {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  }
  const sign = (name: string, host: string, days: string) => {
    writeFileSync(file('names'), `subjectAltName=${host}`);
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-days', days];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', 'names', '-out', `${name}.pem`);
  };
  sign('here', 'IP:127.0.0.1', '1');
  sign('elsewhere', 'DNS:collector.example', '1');
  sign('over', 'IP:127.0.0.1', '0');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await server?.stop(100);
  server = undefined;
  for (const listener of listeners) listener.close();
  listeners = [];
});

const serverTls = (name: string): ServerTls => ({
  certFile: file(`${name}.pem`),
  keyFile: file(`${name}.key`),
  clientCaFile: file('authority.pem'),
});
const own: AgentTls = { caFile: '', certFile: '', keyFile: '' };
const agentTls = (ca = 'authority', pair: 'here' | 'none' = 'here'): AgentTls => ({
  ...(pair === 'none' ? {} : { ...own, certFile: file(`${pair}.pem`), keyFile: file(`${pair}.key`) }),
  caFile: file(`${ca}.pem`),
});

async function start(name = 'tdc.v1.CollectorService', tls?: ServerTls): Promise<string> {
  const unused = unary(async () => {
    throw new UnavailableError('not in this test');
  });
  const implementation = Object.fromEntries(Object.keys(CollectorServiceService).map((method) => [method, unused]));
  server = await startGrpcServer({
    name: 'collector',
    host: '127.0.0.1',
    port: 0,
    services: [{ name, definition: CollectorServiceService, implementation }],
    logger: createLogger({ level: 'silent' }),
    ...(tls === undefined ? {} : { tls }),
  });
  return server.address;
}

async function listening(listener: Server): Promise<string> {
  listeners = [...listeners, listener];
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return `127.0.0.1:${address.port}`;
}

async function found(collectorAddress: string, tls?: AgentTls): Promise<string> {
  const [finding, ...others] = await checkCollector({ collectorAddress, ...(tls === undefined ? {} : { tls }) });
  expect(others).toEqual([]);
  if (finding === undefined) throw new Error('nothing was found');
  expect(finding.advice === '').toBe(finding.level === 'ok');
  return `${finding.level}: ${finding.found.replace(collectorAddress, 'there')}`;
}

describe('a collector', () => {
  test('is asked whether it takes events, in plain text or over TLS', async () => {
    const plain = await start();
    expect(await found(plain)).toBe('warning: there in plain text answers, and takes no events now (NOT_SERVING)');
    server?.setServing(true);
    expect(await found(plain)).toBe('ok: there in plain text takes events');
    await server?.stop(100);
    const secure = await start('tdc.v1.CollectorService', serverTls('here'));
    server?.setServing(true);
    expect(await found(secure, agentTls())).toBe('ok: there over TLS takes events');
  });

  test('is not every server', async () => {
    expect(await found(await start('tdc.v1.QueryService'))).toBe(
      'problem: there in plain text answers, and is no collector',
    );
  });

  test.each([
    [
      'an authority that did not sign it',
      'here',
      agentTlsOf('stranger'),
      'its certificate is not of the authority in tls.ca',
    ],
    ['another name', 'elsewhere', agentTlsOf('authority'), 'its certificate is for another name'],
    ['a time that is over', 'over', agentTlsOf('authority'), 'its certificate has expired'],
    [
      'no certificate of ours',
      'here',
      agentTlsOf('authority', 'none'),
      'it refuses our certificate, or the want of one',
    ],
  ] as const)('with TLS and %s is told in words', async (_, cert, tls, words) => {
    expect(await found(await start('tdc.v1.CollectorService', serverTls(cert)), tls())).toBe(
      `problem: there over TLS: ${words}`,
    );
  });

  test('that speaks the other of plain text and TLS is told in words', async () => {
    const plain = await listening(createHttp2Server());
    expect(await found(plain, agentTls())).toBe('problem: there over TLS: it speaks plain text and not TLS');
    const secure = await start('tdc.v1.CollectorService', serverTls('here'));
    expect(await found(secure)).toBe('problem: there in plain text: it ends the connection at once');
  });

  test('that is not there, or has no name, or does not answer, is told in words', async () => {
    const gone = await start();
    await server?.stop(100);
    expect(await found(gone)).toBe('problem: there in plain text: nothing listens there');
    expect(await found('no-such-host.invalid:9000')).toBe('problem: there in plain text: the name is not known');
    const silent = await listening(createServer(() => {}));
    expect(await found(silent)).toBe('problem: there in plain text: no answer within 5 s');
  }, 20_000);

  test('whose TLS files are wrong is not asked', async () => {
    const level = await found('127.0.0.1:1', { caFile: file('no-such.pem') });
    expect(level).toMatch(/^problem: tls\.ca .*no-such\.pem/);
  });
});

/** Files are known only once they are made. */
function agentTlsOf(ca: string, pair: 'here' | 'none' = 'here'): () => AgentTls {
  return () => agentTls(ca, pair);
}
