import type { FetchLettersRequest, FetchLettersResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { letterKindToWire } from '@tdc/shared/signed-letter.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { BoxMailContext } from './context.ts';

export async function fetchLetters(
  { repository }: BoxMailContext,
  sender: Principal,
  { detectorId, afterSequence, takesConfigurations }: FetchLettersRequest,
  signal: AbortSignal,
): Promise<FetchLettersResponse> {
  acceptedDetectorId('detector_id', detectorId);
  expectOwn(sender, 'detector_id', detectorId);
  const letters = await repository.boxMail.letters(detectorId, signal);
  const boxKey = await repository.boxMail.boxKey(detectorId, signal);
  // Agents of before do not know what to do with a configuration.
  const afterOf = { key: afterSequence, configuration: takesConfigurations ? 0 : Number.POSITIVE_INFINITY };
  return {
    letters: letters
      .filter(({ kind, sequence }) => sequence > afterOf[kind])
      .map(({ kind, sequence, body }) => ({ detectorId, kind: letterKindToWire[kind], sequence, body })),
    boxKey: boxKey?.publicKey ?? new Uint8Array(0),
  };
}
