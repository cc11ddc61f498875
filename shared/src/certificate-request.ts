/** Requests for certificates (PKCS#10), for keys on the curve P-256. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Name, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { InvalidInputError } from './errors.ts';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
/** One for a key of P-256 has about 200 bytes, and 1,000 with all the names that a program may put into it. */
const requestBytesMax = 4096;

export const newPrivateKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** A request that says nothing but which key it is for, in DER: who the certificate is for is decided by who issues it. */
export function certificateRequestFor(privateKey: KeyObject): Buffer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: new Name(),
    subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
  });
  const signed = Buffer.from(AsnConvert.serialize(certificationRequestInfo));
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signature: arrayBufferOf(sign('sha256', signed, privateKey)),
  });
  return Buffer.from(AsnConvert.serialize(request));
}

/**
 * The key that a request is for; the one who made it has it. Throws InvalidInputError with the field for what is no request, for a
 * signature by another key, and for keys of other kinds.
 */
export function keyOfCertificateRequest(der: Uint8Array, field: string): KeyObject {
  if (der.length > requestBytesMax)
    throw new InvalidInputError(`${der.length} bytes: expected at most ${requestBytesMax}`, { field });
  const { signed, signature, algorithm, key } = parsed(der, field);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new InvalidInputError(`a request for another kind of key: expected one on the curve P-256`, { field });
  if (algorithm !== ecdsaWithSha256 || !verify('sha256', signed, key, signature))
    throw new InvalidInputError('its signature is wrong: expected ECDSA with SHA-256 by the key in it', { field });
  return key;
}

function parsed(der: Uint8Array, field: string) {
  try {
    const request = AsnConvert.parse(der, CertificationRequest);
    const { certificationRequestInfo, certificationRequestInfoRaw, signatureAlgorithm, signature } = request;
    if (certificationRequestInfoRaw === undefined) throw new Error('nothing that is signed');
    const spki = Buffer.from(AsnConvert.serialize(certificationRequestInfo.subjectPKInfo));
    return {
      signed: Buffer.from(certificationRequestInfoRaw),
      signature: Buffer.from(signature),
      algorithm: signatureAlgorithm.algorithm,
      key: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    };
  } catch (cause) {
    throw new InvalidInputError('expected a certificate request (PKCS#10) in DER', { field, cause });
  }
}

/** What the library takes for bytes. */
const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
