/** Certificates (X.509), signed with ECDSA on P-256 and SHA-256. */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign, type X509Certificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** What a certificate is for. */
export type CertificateUse = 'authority' | 'server' | 'detector';

export type AlternativeName =
  | { readonly type: 'dns'; readonly name: string }
  | { readonly type: 'ip'; readonly address: string }
  | { readonly type: 'uri'; readonly uri: string };

export interface CertificateToSign {
  readonly use: CertificateUse;
  readonly commonName: string;
  readonly alternativeNames: readonly AlternativeName[];
  readonly publicKey: KeyObject;
  /** Unix milliseconds; certificates know whole seconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Who signs. */
export interface Issuer {
  readonly name: Name;
  readonly keyIdentifier: ArrayBuffer;
  readonly privateKey: KeyObject;
}

/** The issuer of its own certificate. */
export const selfIssuer = (commonName: string, privateKey: KeyObject): Issuer => ({
  name: nameOf(commonName),
  keyIdentifier: keyIdentifierOf(createPublicKey(privateKey)),
  privateKey,
});

/** The issuer whose certificate this is, under the name and the key identifier that are in it. */
export function issuerOf({ raw, publicKey }: X509Certificate, privateKey: KeyObject): Issuer {
  const { subject, extensions } = AsnConvert.parse(raw, Certificate).tbsCertificate;
  const identifier = extensions?.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier)?.extnValue.buffer;
  const keyIdentifier =
    identifier === undefined ? keyIdentifierOf(publicKey) : AsnConvert.parse(identifier, SubjectKeyIdentifier).buffer;
  return { name: subject, keyIdentifier, privateKey };
}

const ecdsaWithSha256 = new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });
const commonNameType = '2.5.4.3';
const serialBytes = 16;

/** The certificate in DER, with a random serial number. */
export function signCertificate(certificate: CertificateToSign, issuer: Issuer): Buffer {
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: newSerialNumber(),
    signature: ecdsaWithSha256,
    issuer: issuer.name,
    validity: new Validity({
      notBefore: new Date(certificate.notBeforeMs),
      notAfter: new Date(certificate.notAfterMs),
    }),
    subject: nameOf(certificate.commonName),
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(certificate.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(certificate, issuer)),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const signatureValue = arrayBufferOf(sign('sha256', signed, issuer.privateKey));
  return Buffer.from(
    AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: ecdsaWithSha256, signatureValue })),
  );
}

/** 128 random bits behind a one, which keeps it positive and always as long. */
const newSerialNumber = (): ArrayBuffer => arrayBufferOf(Buffer.concat([Buffer.of(1), randomBytes(serialBytes)]));

function extensionsOf({ use, publicKey, alternativeNames }: CertificateToSign, issuer: Issuer): Extension[] {
  const isAuthority = use === 'authority';
  const usage = isAuthority ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const constraints = isAuthority ? new BasicConstraints({ cA: true, pathLenConstraint: 0 }) : new BasicConstraints();
  return [
    extension(id_ce_basicConstraints, constraints, 'critical'),
    extension(id_ce_keyUsage, new KeyUsage(usage), 'critical'),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifierOf(publicKey))),
    extension(
      id_ce_authorityKeyIdentifier,
      new AuthorityKeyIdentifier({ keyIdentifier: new SubjectKeyIdentifier(issuer.keyIdentifier) }),
    ),
    ...(isAuthority
      ? []
      : [extension(id_ce_extKeyUsage, new ExtendedKeyUsage([use === 'server' ? id_kp_serverAuth : id_kp_clientAuth]))]),
    ...(alternativeNames.length === 0
      ? []
      : [extension(id_ce_subjectAltName, new SubjectAlternativeName(alternativeNames.map(generalName)))]),
  ];
}

const extension = (extnID: string, value: object, critical?: 'critical'): Extension =>
  new Extension({ extnID, critical: critical !== undefined, extnValue: new OctetString(AsnConvert.serialize(value)) });

function generalName(name: AlternativeName): GeneralName {
  switch (name.type) {
    case 'dns':
      return new GeneralName({ dNSName: name.name });
    case 'ip':
      return new GeneralName({ iPAddress: name.address });
    case 'uri':
      return new GeneralName({ uniformResourceIdentifier: name.uri });
  }
}

const nameOf = (commonName: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: commonNameType, value: new AttributeValue({ utf8String: commonName }) }),
    ]),
  ]);

const spkiOf = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });

const keyIdentifierOf = (publicKey: KeyObject): ArrayBuffer =>
  arrayBufferOf(createHash('sha256').update(spkiOf(publicKey)).digest().subarray(0, 20));

/** What the library takes for bytes. */
const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
