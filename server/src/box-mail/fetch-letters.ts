import type { FetchLettersRequest, FetchLettersResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { BoxMailContext } from './context.ts';
import { kindToWire } from './letter-wire.ts';

export async function fetchLetters(
  { repository }: BoxMailContext,
  sender: Principal,
  { detectorId, afterSequence }: FetchLettersRequest,
  signal: AbortSignal,
): Promise<FetchLettersResponse> {
  acceptedDetectorId('detector_id', detectorId);
  expectOwn(sender, 'detector_id', detectorId);
  const letters = await repository.boxMail.letters(detectorId, signal);
  const boxKey = await repository.boxMail.boxKey(detectorId, signal);
  return {
    letters: letters
      .filter(({ sequence }) => sequence > afterSequence)
      .map(({ kind, sequence, body }) => ({ detectorId, kind: kindToWire[kind], sequence, body })),
    boxKey: boxKey?.publicKey ?? new Uint8Array(0),
  };
}
