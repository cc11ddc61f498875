import { type KeyObject, X509Certificate } from 'node:crypto';
import { serialOf } from '@tdc/shared/detector-certificate.ts';
import type { CertificateRecord } from '../enrolment-store.ts';
import { issueDetectorCertificate } from './authority.ts';
import { type EnrolmentContext, issuingOf } from './context.ts';

/** A new certificate of a detector, as it goes on record. */
export function issued(context: EnrolmentContext, detectorId: string, publicKey: KeyObject): CertificateRecord {
  const nowMs = context.clock.nowMs();
  const { authority, settings } = issuingOf(context);
  const certificate = issueDetectorCertificate(authority, {
    detectorId,
    publicKey,
    nowMs,
    lifeMs: settings.certificateLifeMs,
  });
  return {
    detectorId,
    serial: serialOf(certificate),
    issuedAtMs: nowMs,
    expiresAtMs: certificate.validToDate.getTime(),
    certificate: certificate.raw,
  };
}

/** Whether it was issued for this key: then who asks again has not had the answer. */
export const isForKey = ({ certificate }: CertificateRecord, key: KeyObject): boolean =>
  new X509Certificate(certificate).publicKey.equals(key);
