import { PreconditionError } from '@tdc/shared/errors.ts';
import type { StoredLetter } from '../box-mail-store.ts';

/** Whether a letter may take the place of the one that is there, is that very letter, or why it may not. */
export function replacementOf(
  there: StoredLetter | undefined,
  letter: StoredLetter,
): 'new' | 'same' | PreconditionError {
  if (there === undefined || letter.sequence > there.sequence) return 'new';
  if (letter.sequence === there.sequence && Buffer.from(there.body).equals(letter.body)) return 'same';
  return new PreconditionError(
    `letter ${letter.sequence} for detector ${letter.detectorId}: letter ${there.sequence} is there: expected a higher sequence`,
    { field: 'letter.sequence' },
  );
}

export const unknownDetector = (detectorId: string, field: string): PreconditionError =>
  new PreconditionError(`detector ${detectorId} is not in the network`, { field });
