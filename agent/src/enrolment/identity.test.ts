import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addConfigOptions, resolveConfig } from '@tdc/shared/config.ts';
import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { readKeyPair } from '@tdc/shared/pem-file.ts';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentConfigOf, placeOf } from '../config.ts';
import { agentOptions } from '../config-options.ts';
import { detectorOf, type Identity, readIdentity, writeIdentity } from './identity-file.ts';
import { withIdentity } from './identity-layer.ts';
import { OpensslAuthority } from './openssl-authority.ts';
import { forgetPendingKey, pendingKey } from './pending-key.ts';

let authority: OpensslAuthority;
let identity: Identity;
let folder: string;
let file: string;

beforeAll(() => {
  authority = new OpensslAuthority('ours');
  const { cert, key } = authority.issue('URI:urn:tdc:detector:D1');
  identity = {
    collectorAddress: 'collector.example:9000',
    certificate: new X509Certificate(cert),
    authority: new X509Certificate(authority.pem),
    privateKey: createPrivateKey(key),
  };
});
afterAll(() => authority[Symbol.dispose]());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-identity-'));
  file = join(folder, 'agent', 'identity.pem');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const pemOf = ({ certificate, authority, privateKey, ...rest }: Identity) => ({
  ...rest,
  certificate: certificate.toString(),
  authority: authority.toString(),
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
});

describe('an identity file', () => {
  test('holds all of an identity, for its owner alone, and is read by what reads PEM', () => {
    writeIdentity(file, identity);
    expect(pemOf(readIdentity(file))).toEqual(pemOf(identity));
    expect(detectorOf(readIdentity(file))).toBe('D1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const pair = readKeyPair({ option: 'tls.cert', file }, { option: 'tls.key', file });
    expect(new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  });

  test('that is missing, damaged, mixed up or open to others is told as that', () => {
    expect(() => readIdentity(file)).toThrow(NotFoundError);
    writeIdentity(file, identity);
    const text = readFileSync(file, 'utf8');
    const others = authority.issue('URI:urn:tdc:detector:D1').key;
    const server = authority.issue('DNS:localhost');
    for (const bad of [
      '',
      text.slice(0, 900),
      text.replace(/^collector: .*$/m, ''),
      text.replace(/-----BEGIN PRIVATE KEY[\s\S]*$/, others),
      text.replace(identity.certificate.toString(), server.cert).replace(/-----BEGIN PRIVATE KEY[\s\S]*$/, server.key),
    ]) {
      writeFileSync(file, bad);
      expect(() => readIdentity(file)).toThrow(InvalidInputError);
      expect(() => readIdentity(file)).toThrow(/identity\.pem is damaged: enrol this box again/);
    }
    writeFileSync(file, text);
    chmodSync(file, 0o640);
    expect(() => readIdentity(file)).toThrow(/open to others \(mode 0640\)/);
  });
});

describe('the configuration of an enrolled box', () => {
  const resolved = (...flags: readonly string[]) => {
    const command = addConfigOptions(new Command().exitOverride(), agentOptions());
    command.parse(['--state-dir', join(folder, 'agent'), ...flags], { from: 'user' });
    return withIdentity(resolveConfig(agentOptions(), command, {}), folder);
  };
  const configured = (...flags: readonly string[]) => agentConfigOf(resolved(...flags).values, folder);

  test('is that of its identity, which says so, and is renewed', () => {
    writeIdentity(file, identity);
    const config = configured();
    expect(placeOf(config).detectorId).toBe('D1');
    expect(config).toMatchObject({
      collectorAddress: 'collector.example:9000',
      tls: { caFile: file, certFile: file, keyFile: file },
      identityFile: file,
    });
    expect(resolved().sources['collector.address']).toBe(`identity file ${file}`);
  });

  test('is what is given where something is given', () => {
    writeIdentity(file, identity);
    expect(configured('--collector-address', 'moved.example:9000')).toMatchObject({
      collectorAddress: 'moved.example:9000',
      identityFile: file,
    });
    expect(configured('--detector-id', 'D1')).toMatchObject({ identityFile: file });
    for (const flags of [['--detector-id', 'D2'], ['--allow-plaintext'], ['--tls-ca', '/other.pem']]) {
      const config = configured(...flags);
      expect(config.identityFile, flags.join(' ')).toBeUndefined();
      expect(config.collectorAddress).toBe('127.0.0.1:9000');
    }
  });

  test('is as before without an identity, and an error with a damaged one', () => {
    expect(configured()).toMatchObject({ collectorAddress: '127.0.0.1:9000' });
    writeIdentity(file, identity);
    writeFileSync(file, 'nonsense');
    expect(() => configured()).toThrow(InvalidInputError);
  });
});

test('a token has one key, however often it is tried, until the box is enrolled', () => {
  const pending = `${file}.pending`;
  const [secret, other] = [Buffer.alloc(12, 1), Buffer.alloc(12, 2)];
  const key = pendingKey(pending, secret);
  expect(pendingKey(pending, secret).equals(key)).toBe(true);
  expect(statSync(pending).mode & 0o777).toBe(0o600);
  expect(readFileSync(pending, 'latin1')).not.toContain(secret.toString('latin1'));
  expect(pendingKey(pending, other).equals(key)).toBe(false);
  expect(pendingKey(pending, secret).equals(key)).toBe(false);
  writeFileSync(pending, readFileSync(pending, 'utf8').slice(0, 150));
  expect(pendingKey(pending, secret).equals(key)).toBe(false);
  forgetPendingKey(pending);
  forgetPendingKey(pending);
  expect(existsSync(pending)).toBe(false);
});
