import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { certificateRequestFor, keyOfCertificateRequest, newPrivateKey } from './certificate-request.ts';
import { InvalidInputError } from './errors.ts';

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('hex');
const openssl = (args: readonly string[], input?: Buffer) =>
  execFileSync('openssl', args, { ...(input === undefined ? {} : { input }), stdio: 'pipe' });
const requestOfOpenssl = (args: readonly string[]) =>
  openssl(['req', '-new', '-nodes', '-keyout', '/dev/null', '-outform', 'der', '-subj', '/CN=D1', ...args]);
const keyOf = (request: Uint8Array) => keyOfCertificateRequest(request, 'certificate_request');

test('a request says which key it is for, and openssl finds it right', () => {
  const privateKey = newPrivateKey();
  const request = certificateRequestFor(privateKey);
  expect(spki(keyOf(request))).toBe(spki(createPublicKey(privateKey)));
  const told = openssl(['req', '-inform', 'der', '-verify', '-noout', '-text'], request).toString();
  expect(told).toContain('Public Key Algorithm: id-ecPublicKey');
  expect(told).toContain('prime256v1');
});

test('a request that openssl makes is taken, whatever names are in it', () => {
  const names = ['-subj', '/CN=D9/O=A city', '-addext', 'subjectAltName=URI:urn:tdc:detector:D9'];
  const request = requestOfOpenssl(['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...names]);
  expect(keyOf(request).asymmetricKeyType).toBe('ec');
});

test('a request in which one bit of what is signed is changed is refused', () => {
  const request = certificateRequestFor(newPrivateKey());
  // Behind its own heading of three bytes come the hundred that are signed.
  for (let at = 3; at < 103; at += 1) {
    const changed = Buffer.from(request);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    expect(() => keyOf(changed), `byte ${at}`).toThrow(InvalidInputError);
  }
});

test.each([
  ['nothing', () => Buffer.alloc(0), /expected a certificate request/],
  ['noise', () => Buffer.from('not a request'), /expected a certificate request/],
  ['one that is long', () => Buffer.alloc(5000), /5000 bytes: expected at most 4096/],
  [
    'one for an RSA key',
    () => requestOfOpenssl(['-newkey', 'rsa:2048']),
    /another kind of key: expected one on the curve P-256/,
  ],
  [
    'one for another curve',
    () => requestOfOpenssl(['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']),
    /another kind of key/,
  ],
])('%s is refused by the name of the field', (_, request, reason) => {
  expect(() => keyOf(request())).toThrow(reason);
  expect(() => keyOf(request())).toThrow(expect.objectContaining({ field: 'certificate_request' }));
});
