import type { KeyObject } from 'node:crypto';
import { keyOfCertificateRequest } from '@tdc/shared/certificate-request.ts';
import { AccessError, InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import type { EnrolRequest, EnrolResponse } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { CertificateRecord, Enrolment } from '../enrolment-store.ts';
import { type EnrolmentContext, issuingOf } from './context.ts';
import { isForKey, issued } from './issued.ts';
import { isSecretOf } from './secret-hash.ts';

const secretBytes = 12;
/** Tries of a use that another box, or another try of this one, overtakes. */
const triesMax = 3;

export async function enrol(
  context: EnrolmentContext,
  { detectorId, secret, certificateRequest }: EnrolRequest,
  signal: AbortSignal,
): Promise<EnrolResponse> {
  issuingOf(context);
  acceptedDetectorId('detector_id', detectorId);
  if (secret.length !== secretBytes)
    throw new InvalidInputError(`${secret.length} bytes: expected ${secretBytes}`, { field: 'secret' });
  const key = keyOfCertificateRequest(certificateRequest, 'certificate_request');
  const { certificate } = await usedFor(context, { detectorId, secret, key }, signal);
  return { certificate };
}

interface Asked {
  readonly detectorId: string;
  readonly secret: Uint8Array;
  readonly key: KeyObject;
}

/** The certificate that the token is used for, now or by an earlier try with the same key. */
async function usedFor(context: EnrolmentContext, asked: Asked, signal: AbortSignal): Promise<CertificateRecord> {
  const { enrolments } = context.repository;
  const { detectorId, key } = asked;
  for (let tries = 0; tries < triesMax; tries++) {
    const [enrolment] = await enrolments.enrolments(signal, detectorId);
    if (enrolment === undefined || !isSecretOf(enrolment.secretHash, detectorId, asked.secret))
      throw unknown(detectorId);
    if (enrolment.usedFor !== undefined) return earlier(context, enrolment, key, signal);
    if (enrolment.expiresAtMs <= context.clock.nowMs())
      throw refusal(`ended at ${new Date(enrolment.expiresAtMs).toISOString()}`, detectorId);
    const record = issued(context, detectorId, key);
    const outcome = await enrolments.useEnrolment(enrolment, record, 'replaced by a new enrolment', signal);
    if (outcome === 'used') return record;
  }
  throw new UnavailableError(`the enrolment of ${detectorId} goes on changing: given up after ${triesMax} tries`);
}

async function earlier(
  context: EnrolmentContext,
  { detectorId, usedFor: serial }: Enrolment,
  key: KeyObject,
  signal: AbortSignal,
): Promise<CertificateRecord> {
  const records = await context.repository.enrolments.certificates(signal, detectorId);
  const record = records.find((each) => each.serial === serial);
  if (record === undefined || !isForKey(record, key)) throw refusal('was used already, by another key', detectorId);
  if (record.revocation !== undefined) throw refusal('was used already, and its certificate is revoked', detectorId);
  return record;
}

const advice = (detectorId: string): string => `"tdc enrol create --detector ${detectorId}" makes a new one`;

const refusal = (why: string, detectorId: string): AccessError =>
  new AccessError(`the token ${why}: ${advice(detectorId)}`, { field: 'secret' });

/** Who does not have the secret is not told whether there is an enrolment. */
const unknown = (detectorId: string): AccessError =>
  new AccessError(
    `the token is not known: it was cancelled or replaced by a newer one, or ${detectorId} was removed from the network; ${advice(detectorId)}`,
    { field: 'secret' },
  );
