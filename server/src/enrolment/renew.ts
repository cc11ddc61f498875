import { verify, X509Certificate } from 'node:crypto';
import { keyOfCertificateRequest } from '@tdc/shared/certificate-request.ts';
import { detectorIdOf, serialOf } from '@tdc/shared/detector-certificate.ts';
import { AccessError, InvalidInputError, LimitError } from '@tdc/shared/errors.ts';
import type { RenewRequest, RenewResponse } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import type { CertificateRecord } from '../enrolment-store.ts';
import { type EnrolmentContext, issuingOf } from './context.ts';
import { isForKey, issued } from './issued.ts';

/** An agent that renews in good time has four of them at most. */
const validMax = 16;

/**
 * The owner of a certificate shows that it has its key by signing the request with it: so it works over any connection, and after the certificate has
 * ended too, when TLS does not take it any more.
 */
export async function renew(
  context: EnrolmentContext,
  request: RenewRequest,
  signal: AbortSignal,
): Promise<RenewResponse> {
  const { repository, clock } = context;
  const { settings } = issuingOf(context);
  const { certificate: presented, detectorId } = presentedBy(context, request);
  const key = keyOfCertificateRequest(request.certificateRequest, 'certificate_request');
  const records = await repository.enrolments.certificates(signal, detectorId);
  const nowMs = clock.nowMs();
  const serial = serialOf(presented);
  expectRenewable(
    presented,
    records.find((record) => record.serial === serial),
    { nowMs, graceMs: settings.graceMs },
  );
  const valid = records.filter(({ revocation, expiresAtMs }) => revocation === undefined && expiresAtMs > nowMs);
  const same = valid.find((record) => isForKey(record, key));
  if (same !== undefined) return { certificate: same.certificate };
  if (valid.length >= validMax)
    throw new LimitError(`${detectorId} has ${valid.length} valid certificates: no more before one of them ends`);
  const record = issued(context, detectorId, key);
  const forgetBeforeMs = nowMs - settings.graceMs;
  const outcome = await repository.enrolments.addCertificate(record, { renews: serial, forgetBeforeMs }, signal);
  if (outcome === 'revoked') throw refusal('was revoked just now');
  return { certificate: record.certificate };
}

/** The certificate that is to be renewed, once it is clear that this authority issued it and that who sent it has its key. */
function presentedBy(context: EnrolmentContext, { certificate: der, certificateRequest, signature }: RenewRequest) {
  const authority = issuingOf(context).authority.certificate;
  const certificate = parsed(der);
  const detectorId = detectorIdOf(certificate);
  if (detectorId === undefined || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    throw refusal("is not one of this network's detectors");
  if (!verify('sha256', certificateRequest, certificate.publicKey, signature))
    throw new AccessError('expected a signature of certificate_request by the key of the certificate', {
      field: 'signature',
    });
  return { certificate, detectorId };
}

function parsed(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new InvalidInputError('expected a certificate in DER', { field: 'certificate', cause });
  }
}

function expectRenewable(
  { validToDate }: X509Certificate,
  record: CertificateRecord | undefined,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): void {
  if (record?.revocation !== undefined) {
    const { atMs, reason } = record.revocation;
    throw refusal(`was revoked at ${isoOf(atMs)}${reason === '' ? '' : ` (${reason})`}`);
  }
  const endedAtMs = validToDate.getTime();
  if (endedAtMs + graceMs <= nowMs)
    throw refusal(`ended at ${isoOf(endedAtMs)}, too long ago to be renewed: enrol the box again`);
  // One that nobody has on record could have been revoked before the record was lost.
  if (endedAtMs <= nowMs && record === undefined)
    throw refusal(`ended at ${isoOf(endedAtMs)}, and is not on record: enrol the box again`);
}

const isoOf = (timeMs: number): string => new Date(timeMs).toISOString();

const refusal = (why: string): AccessError => new AccessError(`the certificate ${why}`, { field: 'certificate' });
