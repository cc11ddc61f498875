import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { PutLetterRequest, PutLetterResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { letterBytesMax } from '@tdc/shared/signed-letter.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { BoxMailContext } from './context.ts';
import { expectGenuine } from './genuine.ts';
import { acceptedKind, acceptedSequence } from './letter-wire.ts';

export async function putLetter(
  { repository, clock }: BoxMailContext,
  { letter }: PutLetterRequest,
  signal: AbortSignal,
): Promise<PutLetterResponse> {
  if (letter === undefined) throw new InvalidInputError('missing: expected a letter', { field: 'letter' });
  const { body } = letter;
  if (body.length < 1 || body.length > letterBytesMax) {
    throw new InvalidInputError(`${body.length} bytes: expected 1 to ${letterBytesMax}`, { field: 'letter.body' });
  }
  const detectorId = acceptedDetectorId('letter.detector_id', letter.detectorId);
  const kind = acceptedKind('letter.kind', letter.kind);
  const sequence = acceptedSequence('letter.sequence', letter.sequence);
  const reported = await repository.statuses.get(detectorId, signal);
  expectGenuine({ detectorId, kind, sequence, body }, reported?.status);
  await repository.boxMail.putLetter({ detectorId, kind, sequence, body, putAtMs: clock.nowMs() }, signal);
  return {};
}
