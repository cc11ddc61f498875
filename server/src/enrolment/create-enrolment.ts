import { collectorAddressPattern, formatEnrolmentToken, newEnrolmentSecret } from '@tdc/shared/enrolment-token.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { CreateEnrolmentRequest, CreateEnrolmentResponse } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import { type EnrolmentContext, issuingOf } from './context.ts';
import { enrolmentToWire } from './enrolment-wire.ts';
import type { EnrolmentSettings } from './options.ts';
import { secretHashOf } from './secret-hash.ts';

export async function createEnrolment(
  context: EnrolmentContext,
  request: CreateEnrolmentRequest,
  signal: AbortSignal,
): Promise<CreateEnrolmentResponse> {
  const { repository, clock } = context;
  const { authority, settings } = issuingOf(context);
  const detectorId = acceptedDetectorId('detector_id', request.detectorId);
  const collectorAddress = addressOf(settings, request.collectorAddress);
  const secret = newEnrolmentSecret();
  const createdAtMs = clock.nowMs();
  const enrolment = {
    detectorId,
    secretHash: secretHashOf(detectorId, secret),
    createdAtMs,
    expiresAtMs: createdAtMs + settings.tokenLifeMs,
  };
  await repository.enrolments.putEnrolment(enrolment, signal);
  return {
    enrolment: enrolmentToWire(enrolment, createdAtMs),
    token: formatEnrolmentToken({ detectorId, collectorAddress, pin: authority.pin, secret }),
  };
}

function addressOf({ collectorAddress }: EnrolmentSettings, given: string): string {
  const field = 'collector_address';
  if (given === '' && collectorAddress !== undefined) return collectorAddress;
  if (collectorAddressPattern.test(given)) return given;
  const came = given === '' ? 'missing, and the server has no enrolment.address' : quoted(given);
  throw new InvalidInputError(`${came}: expected host:port at which the box reaches the collector`, { field });
}
