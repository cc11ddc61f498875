import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { ClientTls } from '@tdc/shared/grpc-client.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allEvents, detector } from '../contract-subject.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { EtcdCluster, type EtcdClusterTls } from './etcd-process.ts';
import { etcdOptionsOf } from './options.ts';
import { openEtcdRepository } from './repository.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });
/** Less than what a call may take. */
const refusedMsMax = 5000;
let folder: string;
let cluster: EtcdCluster;
let ours: EtcdClusterTls;
let theirs: CertificateAuthority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-etcd-tls-'));
  theirs = new CertificateAuthority(join(folder, 'theirs'), 'theirs');
  cluster = await EtcdCluster.start({ tls: true });
  if (cluster.tls === undefined) throw new Error('a cluster without TLS');
  ours = cluster.tls;
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const files = (): Required<ClientTls> => ({ caFile: ours.authority.file, ...ours.client });
const optionsOf = (tls: ClientTls | undefined, endpoints = cluster.endpoints) =>
  etcdOptionsOf(
    { endpoints, prefix: 'tdc', historyMinutes: 0, ...(tls === undefined ? {} : { tls }) },
    systemClock,
    logger,
  );

/** The error with which opening fails; it does so in time. */
async function refusal(tls: ClientTls | undefined, endpoints = cluster.endpoints): Promise<unknown> {
  const options = optionsOf(tls, endpoints);
  return openEtcdRepository(options, AbortSignal.timeout(refusedMsMax)).then(
    () => 'it opened',
    (error: unknown) => error,
  );
}

test('who shows a certificate of the authority appends, scans and follows', async () => {
  await using repository = await openEtcdRepository(optionsOf(files()), never);
  await repository.network.putDetector(detector('D1'), never);
  const follower = repository.events.follow(undefined, AbortSignal.timeout(20_000))[Symbol.asyncIterator]();
  await follower.next();
  const event = madeUpEvent();
  await repository.events.append([event], never);
  expect(await allEvents(repository, {})).toEqual([event]);
  const followed: DetectionEvent[] = [...((await follower.next()).value?.events ?? [])];
  expect(followed).toEqual([event]);
  await follower.return?.();
  await repository.ping(never);
});

describe('refused, with what is wrong,', () => {
  test.each<readonly [string, () => ClientTls | undefined, RegExp]>([
    ['is who shows no certificate', () => ({ caFile: files().caFile }), /etcd wants a certificate .*etcd\.tls\.cert/],
    [
      'is who shows one of another authority',
      () => ({ caFile: files().caFile, ...theirs.certificate('stranger') }),
      /etcd wants a certificate of an authority that it knows/,
    ],
    [
      'is an etcd with a certificate of another authority',
      () => ({ ...files(), caFile: theirs.file }),
      /the certificate of etcd is of another authority: see etcd\.tls\.ca/,
    ],
    ['is an etcd whose authority is none of the system', () => undefined, /of another authority: see etcd\.tls\.ca/],
  ])('%s', async (_, tls, expected) => {
    const error = await refusal(tls());
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(expected);
    expect(String(error)).not.toContain('\n');
  });

  test('is http to a port that serves https', async () => {
    const error = await refusal(
      undefined,
      cluster.endpoints.map((endpoint) => endpoint.replace('https:', 'http:')),
    );
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(/hangs up at once: if it speaks TLS, etcd\.endpoints need https/);
  });

  test('is https to a port that serves http', async () => {
    await using plain = await EtcdCluster.start();
    const error = await refusal(
      files(),
      plain.endpoints.map((endpoint) => endpoint.replace('http:', 'https:')),
    );
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(/does not speak TLS: see etcd\.endpoints/);
  });

  test.each([
    ['etcd.tls.ca', 'caFile', /a certificate in it is damaged/],
    ['etcd.tls.cert', 'certFile', /a certificate in it is damaged/],
    ['etcd.tls.key', 'keyFile', /expected a private key/],
  ] as const)('is a missing or damaged file, by the name of %s', (option, name, damage) => {
    const bad = join(folder, 'bad.pem');
    rmSync(bad, { force: true });
    const read = () => optionsOf({ ...files(), [name]: bad });
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(`${option} ${bad} cannot be read: ENOENT`);
    copyFileSync(files()[name], bad);
    const content = readFileSync(bad, 'latin1');
    writeFileSync(bad, content.replace(/\n[^\n-]{20}/, '\n!!!! rubbish !!!!!!!'));
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(`${option} ${bad}: `);
    expect(read).toThrow(damage);
  });

  test('is a key that is not of the certificate', () => {
    const { keyFile } = theirs.certificate('other');
    expect(() => optionsOf({ ...files(), keyFile })).toThrow(`etcd.tls.key ${keyFile}: not the key of etcd.tls.cert`);
  });
});
