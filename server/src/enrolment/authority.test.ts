import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { detectorIdOf, serialOf } from '@tdc/shared/detector-certificate.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Authority,
  issueDetectorCertificate,
  issueServerCertificate,
  newAuthority,
  pemOfKey,
  readAuthority,
} from './authority.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
let folder: string;
let authority: Authority;
const at = (name: string) => join(folder, name);

function place(name: string, { cert, key }: { readonly cert: string; readonly key: string }) {
  writeFileSync(at(`${name}.pem`), cert);
  writeFileSync(at(`${name}.key`), key);
  return { certFile: at(`${name}.pem`), keyFile: at(`${name}.key`) };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-authority-'));
  authority = readAuthority(place('authority', newAuthority('a city', nowMs)));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const issued = (detectorId = 'D1', lifeMs = 90 * dayMs) =>
  issueDetectorCertificate(authority, { detectorId, publicKey: createPublicKey(newPrivateKey()), nowMs, lifeMs });

/** What openssl, under its strictest rules, finds of a certificate for a purpose. */
function verified(purpose: 'sslclient' | 'sslserver', pem: string, ...args: readonly string[]): string {
  writeFileSync(at('leaf.pem'), pem);
  const given = [
    'verify',
    '-x509_strict',
    '-purpose',
    purpose,
    '-CAfile',
    at('authority.pem'),
    ...args,
    at('leaf.pem'),
  ];
  return execFileSync('openssl', given, { stdio: 'pipe' }).toString();
}

describe('an authority', () => {
  test('makes certificates of detectors, which are good for clients only', () => {
    const certificate = issued();
    expect(verified('sslclient', certificate.toString())).toContain('OK');
    expect(() => verified('sslserver', certificate.toString())).toThrow(
      /unsuitable certificate purpose|unsupported certificate purpose/,
    );
    expect(certificate.subjectAltName).toBe('URI:urn:tdc:detector:D1');
    expect(detectorIdOf(certificate)).toBe('D1');
    expect(certificate.ca).toBe(false);
    expect(certificate.validToDate.getTime()).toBe(Math.floor((nowMs + 90 * dayMs) / 1000) * 1000);
  });

  test('gives each certificate a random serial number of 128 bits', () => {
    const serials = Array.from({ length: 50 }, () => serialOf(issued()));
    expect(new Set(serials.map((serial) => serial.slice(2, 10))).size).toBe(50);
    for (const serial of serials) expect(serial).toMatch(/^01[0-9a-f]{32}$/);
  });

  test('makes certificates of servers for names and addresses, with its own behind them', () => {
    const names = ['collector.example', '10.0.0.7', '2001:db8::7'];
    const pem = issueServerCertificate(authority, { names, privateKey: newPrivateKey(), nowMs });
    const [leaf = '', own = ''] = pem.split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(new X509Certificate(own).fingerprint256).toBe(authority.certificate.fingerprint256);
    expect(verified('sslserver', leaf, '-verify_hostname', 'collector.example')).toContain('OK');
    expect(verified('sslserver', leaf, '-verify_ip', '10.0.0.7')).toContain('OK');
    expect(verified('sslserver', leaf, '-verify_ip', '2001:db8::7')).toContain('OK');
    expect(() => verified('sslserver', leaf, '-verify_hostname', 'other.example')).toThrow(/hostname mismatch/);
    expect(() => verified('sslclient', leaf)).toThrow(/certificate purpose/);
  });

  test('never makes one that outlives its own', () => {
    expect(issued('D1', 100 * 365 * dayMs).validTo).toBe(authority.certificate.validTo);
  });

  test('can be one that others made, whatever its name', () => {
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '900',
    ];
    const extensions = ['-addext', 'keyUsage=critical,keyCertSign'];
    const out = ['-keyout', at('others.key'), '-out', at('others.pem'), '-subj', '/C=DE/O=Stadt/CN=Straßen'];
    execFileSync('openssl', [...args, ...extensions, ...out], { stdio: 'pipe' });
    const others = readAuthority({ certFile: at('others.pem'), keyFile: at('others.key') });
    const publicKey = createPublicKey(newPrivateKey());
    const leaf = issueDetectorCertificate(others, { detectorId: 'D1', publicKey, nowMs, lifeMs: dayMs });
    expect(verified('sslclient', leaf.toString(), '-CAfile', at('others.pem'))).toContain('OK');
  });

  test('is none without a certificate that may sign, or with the key of another', () => {
    const leaf = place('leaf', { cert: issued().toString(), key: pemOfKey(newPrivateKey()) });
    expect(() => readAuthority(leaf)).toThrow(/authority\.key .*leaf\.key: not the key of authority\.cert/);
    const privateKey = newPrivateKey();
    const publicKey = createPublicKey(privateKey);
    const cert = issueDetectorCertificate(authority, { detectorId: 'D1', publicKey, nowMs, lifeMs: dayMs }).toString();
    const detector = place('detector', { cert, key: pemOfKey(privateKey) });
    expect(() => readAuthority(detector)).toThrow(InvalidInputError);
    expect(() => readAuthority(detector)).toThrow(/authority\.cert .*: expected the certificate of an authority/);
    expect(readFileSync(at('authority.key'), 'utf8')).toContain('BEGIN PRIVATE KEY');
  });
});
