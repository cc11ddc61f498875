import type { AcknowledgeLetterRequest, AcknowledgeLetterResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { BoxMailContext } from './context.ts';
import { acceptedKind, acceptedSequence } from './letter-wire.ts';

export async function acknowledgeLetter(
  { repository }: BoxMailContext,
  sender: Principal,
  request: AcknowledgeLetterRequest,
  signal: AbortSignal,
): Promise<AcknowledgeLetterResponse> {
  const detectorId = acceptedDetectorId('detector_id', request.detectorId);
  expectOwn(sender, 'detector_id', detectorId);
  const kind = acceptedKind('kind', request.kind);
  const sequence = acceptedSequence('sequence', request.sequence);
  await repository.boxMail.removeLetter({ detectorId, kind, sequence }, signal);
  return {};
}
