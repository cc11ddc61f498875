import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { PutBoxKeyRequest, PutBoxKeyResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { rawKeyBytes } from '@tdc/shared/raw-key.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { BoxMailContext } from './context.ts';

export async function putBoxKey(
  { repository, clock }: BoxMailContext,
  sender: Principal,
  { detectorId, boxKey }: PutBoxKeyRequest,
  signal: AbortSignal,
): Promise<PutBoxKeyResponse> {
  acceptedDetectorId('detector_id', detectorId);
  expectOwn(sender, 'detector_id', detectorId);
  if (boxKey.length !== rawKeyBytes) {
    throw new InvalidInputError(`${boxKey.length} bytes: expected ${rawKeyBytes}`, { field: 'box_key' });
  }
  await repository.boxMail.putBoxKey({ detectorId, publicKey: boxKey, putAtMs: clock.nowMs() }, signal);
  return {};
}
