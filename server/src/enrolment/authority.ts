import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { detectorUri } from '@tdc/shared/detector-certificate.ts';
import { pinOf } from '@tdc/shared/enrolment-token.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { readKeyPair } from '@tdc/shared/pem-file.ts';
import { issuerOf, selfIssuer, signCertificate } from './certificate.ts';

/** Files of the authority of a network, PEM. */
export interface AuthorityFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Who signs the certificates of a network's detectors, and of its servers. */
export interface Authority {
  readonly certificate: X509Certificate;
  /** Of its public key: what boxes know it by. */
  readonly pin: Uint8Array;
  readonly privateKey: KeyObject;
}

const dayMs = 86_400_000;
const authorityDays = 20 * 365;
const serverDays = 398;
/** A box or a server whose clock is behind takes what is new all the same. */
const backdatedMs = 30 * dayMs;
/** The servers' clocks differ: a detector's certificate is judged by servers alone. */
const detectorBackdatedMs = 3_600_000;

/** A new authority: its certificate and its key, PEM. */
export function newAuthority(commonName: string, nowMs: number): { readonly cert: string; readonly key: string } {
  const privateKey = newPrivateKey();
  const publicKey = createPublicKey(privateKey);
  const der = signCertificate(
    {
      use: 'authority',
      commonName,
      alternativeNames: [],
      publicKey,
      notBeforeMs: nowMs - backdatedMs,
      notAfterMs: nowMs + authorityDays * dayMs,
    },
    selfIssuer(commonName, privateKey),
  );
  return { cert: pemOfCertificate(der), key: pemOfKey(privateKey) };
}

/** Throws InvalidInputError for files that cannot be read, do not belong together, or are those of no authority. */
export function readAuthority({ certFile, keyFile }: AuthorityFiles): Authority {
  const { cert, key } = readKeyPair(
    { option: 'authority.cert', file: certFile },
    { option: 'authority.key', file: keyFile },
  );
  const certificate = new X509Certificate(cert);
  const privateKey = createPrivateKey(key);
  if (!certificate.ca || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new InvalidInputError(
      `authority.cert ${certFile}: expected the certificate of an authority with a key on P-256, as "tdc-server authority create" makes it`,
      { field: 'authority.cert' },
    );
  const pin = pinOf(certificate.publicKey.export({ type: 'spki', format: 'der' }));
  return { certificate, pin, privateKey };
}

export interface DetectorCertificateOptions {
  readonly detectorId: string;
  readonly publicKey: KeyObject;
  readonly nowMs: number;
  readonly lifeMs: number;
}

/** A certificate with which a box is the detector. */
export function issueDetectorCertificate(
  authority: Authority,
  { detectorId, publicKey, nowMs, lifeMs }: DetectorCertificateOptions,
): X509Certificate {
  const der = signCertificate(
    {
      use: 'detector',
      commonName: detectorId,
      alternativeNames: [{ type: 'uri', uri: detectorUri(detectorId) }],
      publicKey,
      notBeforeMs: nowMs - Math.min(detectorBackdatedMs, lifeMs),
      notAfterMs: Math.min(nowMs + lifeMs, authority.certificate.validToDate.getTime()),
    },
    issuerOf(authority.certificate, authority.privateKey),
  );
  return new X509Certificate(der);
}

/** A server's certificate for the names and addresses that it is reached by, with the authority's behind it; PEM. */
export function issueServerCertificate(
  authority: Authority,
  {
    names,
    privateKey,
    nowMs,
  }: { readonly names: readonly string[]; readonly privateKey: KeyObject; readonly nowMs: number },
): string {
  const [commonName = ''] = names;
  const der = signCertificate(
    {
      use: 'server',
      commonName: commonName.slice(0, 64),
      alternativeNames: names.map((name) => (isIP(name) === 0 ? { type: 'dns', name } : { type: 'ip', address: name })),
      publicKey: createPublicKey(privateKey),
      notBeforeMs: nowMs - backdatedMs,
      notAfterMs: Math.min(nowMs + serverDays * dayMs, authority.certificate.validToDate.getTime()),
    },
    issuerOf(authority.certificate, authority.privateKey),
  );
  return pemOfCertificate(der) + authority.certificate.toString();
}

const pemOfCertificate = (der: Buffer): string => new X509Certificate(der).toString();

export const pemOfKey = (privateKey: KeyObject): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
