import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import type {
  RevokeCertificateRequest,
  RevokeCertificateResponse,
  RevokeDetectorRequest,
  RevokeDetectorResponse,
} from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { Revocation } from '../enrolment-store.ts';
import type { EnrolmentContext } from './context.ts';

const reasonLengthMax = 200;

export async function revokeCertificate(
  context: EnrolmentContext,
  request: RevokeCertificateRequest,
  signal: AbortSignal,
): Promise<RevokeCertificateResponse> {
  const serial = request.serial.toLowerCase();
  if (!/^[0-9a-f]{1,40}$/.test(serial)) {
    throw new InvalidInputError(
      `${quoted(request.serial)}: expected hexadecimal digits, as "tdc certificate list" shows`,
      {
        field: 'serial',
      },
    );
  }
  const revocation = revocationOf(context, request.reason);
  const { enrolments } = context.repository;
  const record = (await enrolments.certificates(signal)).find((each) => each.serial === serial);
  if (record === undefined) throw new NotFoundError(`no certificate ${serial} is on record`, { field: 'serial' });
  await enrolments.revoke(record.detectorId, serial, revocation, signal);
  return {};
}

export async function revokeDetector(
  context: EnrolmentContext,
  request: RevokeDetectorRequest,
  signal: AbortSignal,
): Promise<RevokeDetectorResponse> {
  const detectorId = acceptedDetectorId('detector_id', request.detectorId);
  const revocation = revocationOf(context, request.reason);
  const { enrolments } = context.repository;
  const [enrolment] = await enrolments.enrolments(signal, detectorId);
  const records = await enrolments.certificates(signal, detectorId);
  if (enrolment === undefined && records.length === 0)
    throw new NotFoundError(`${detectorId} has no certificate and no enrolment`, { field: 'detector_id' });
  // First the token: it could be used for another certificate after the others are revoked.
  if (enrolment !== undefined) await enrolments.removeEnrolment(detectorId, signal).catch(unlessGone);
  return { revoked: await enrolments.revoke(detectorId, 'all', revocation, signal) };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}

function revocationOf({ clock }: EnrolmentContext, reason: string): Revocation {
  if (reason.length <= reasonLengthMax) return { atMs: clock.nowMs(), reason };
  throw new InvalidInputError(`${reason.length} characters: expected at most ${reasonLengthMax}`, { field: 'reason' });
}
