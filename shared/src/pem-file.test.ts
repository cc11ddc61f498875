import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInputError } from './errors.ts';
import { readCertificates, readKeyPair } from './pem-file.ts';

let folder: string;
const file = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(file(name), 'latin1');
const certOf = (name: string) => ({ option: 'tls.cert', file: file(name) });
const keyOf = (name: string) => ({ option: 'tls.key', file: file(name) });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-pem-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  for (const [name, secret] of [
    ['a', ['-nodes']],
    ['b', ['-nodes']],
    ['locked', ['-passout', 'pass:a secret']],
  ] as const) {
    const out = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`];
    execFileSync('openssl', ['req', '-x509', ...key, ...secret, ...out], { cwd: folder, stdio: 'pipe' });
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** In the middle of its content, where no marker is. */
function damaged(name: string): string {
  const content = text(name);
  const middle = Math.floor(content.length / 2);
  return `${content.slice(0, middle)}*secret*${content.slice(middle + 8)}`;
}

test('certificates are read as they are, with comments and as many as there are', () => {
  writeFileSync(file('both'), `a comment\r\n${text('a.pem')}\nanother\n${text('b.pem')}`);
  expect(readCertificates(certOf('both'))).toEqual(readFileSync(file('both')));
  expect(readKeyPair(certOf('both'), keyOf('a.key'))).toEqual({
    cert: readFileSync(file('both')),
    key: readFileSync(file('a.key')),
  });
});

test.each([
  ['one that is no PEM', () => 'a secret', /expected a file in PEM format$/],
  ['a key', () => text('a.key'), /expected a certificate in PEM format$/],
  ['a damaged certificate', () => damaged('a.pem'), /a certificate in it is damaged$/],
  ['one of which the second is damaged', () => text('b.pem') + damaged('a.pem'), /a certificate in it is damaged$/],
  ['one that is cut short', () => text('a.pem').slice(0, 300), /a certificate in it is damaged$/],
  ['a certificate of nothing', () => '-----BEGIN CERTIFICATE-----', /a certificate in it is damaged$/],
])('of a file of certificates, %s is refused by the name of its option', (_, content, expected) => {
  writeFileSync(file('bad'), content());
  expect(() => readCertificates(certOf('bad'))).toThrow(expected);
  expect(() => readCertificates(certOf('bad'))).toThrow(`tls.cert ${file('bad')}: `);
  expect(() => readKeyPair(certOf('bad'), keyOf('a.key'))).toThrow(expected);
});

test.each([
  ['a certificate', () => text('a.pem'), /expected a private key/],
  ['a damaged one', () => damaged('a.key'), /expected a private key/],
  ['one with a passphrase', () => text('locked.key'), /without a passphrase/],
  ['that of another certificate', () => text('b.key'), /: not the key of tls\.cert .*a\.pem$/],
])('for a key, %s is refused by the name of its option', (_, content, expected) => {
  writeFileSync(file('bad'), content());
  const read = () => readKeyPair(certOf('a.pem'), keyOf('bad'));
  expect(read).toThrow(InvalidInputError);
  expect(read).toThrow(expected);
  expect(read).toThrow(`tls.key ${file('bad')}: `);
});

test('what is in a file is not told', () => {
  writeFileSync(file('bad'), damaged('a.key'));
  let refusal: unknown;
  try {
    readKeyPair(certOf('a.pem'), keyOf('bad'));
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ field: 'tls.key' });
  expect(refusal).not.toHaveProperty('cause');
  expect(String(refusal)).not.toContain('secret');
});
