import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeIdentity } from '../enrolment/identity-file.ts';
import { OpensslAuthority } from '../enrolment/openssl-authority.ts';
import { checkCertificate } from './certificate.ts';

const dayMs = 86_400_000;
let authority: OpensslAuthority;
let file: string;

beforeAll(() => {
  authority = new OpensslAuthority('ours');
  file = join(authority.folder, 'identity.pem');
  const { cert, key } = authority.issue('URI:urn:tdc:detector:D1');
  writeIdentity(file, {
    collectorAddress: 'collector.example:9000',
    certificate: new X509Certificate(cert),
    authority: new X509Certificate(authority.pem),
    privateKey: createPrivateKey(key),
  });
});
afterAll(() => authority[Symbol.dispose]());

test.each([
  ['that is new', 0.5, 'ok', /is of detector D1, until 2/],
  ['that should have been renewed by now', 1.5, 'warning', /was not renewed in time/],
  ['that has ended', 3, 'problem', /it has ended/],
  ['of a box whose clock is behind', -1, 'warning', /not valid yet by the clock of this box/],
] as const)('a certificate of two days %s is told as that', (_, days, level, found) => {
  const [finding] = checkCertificate(file, Date.now() + days * dayMs);
  expect(finding).toMatchObject({ check: 'certificate', level, found: expect.stringMatching(found) });
});

test('a damaged identity is a problem, with what to do', () => {
  const damaged = join(authority.folder, 'damaged.pem');
  writeFileSync(damaged, 'nonsense', { mode: 0o600 });
  expect(checkCertificate(damaged, Date.now())).toMatchObject([
    {
      level: 'problem',
      found: expect.stringContaining('is damaged'),
      advice: expect.stringContaining('tdc-agent enrol'),
    },
  ]);
});
