import { AccessError, InvalidInputError, PreconditionError } from '@tdc/shared/errors.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { type LetterWord, letterAuthors, verifyLetter } from '@tdc/shared/signed-letter.ts';
import type { StoredLetter } from '../box-mail-store.ts';

/**
 * A letter takes the place of the one before, and its number keeps lower ones out: one that its box would not take could keep those away that
 * it would. So its author is the one that the box itself names, and what is written on it is what it says. Throws PreconditionError where the
 * box has named nobody, AccessError for another author's, InvalidInputError for another letter than it is said to be.
 */
export function expectGenuine(
  { detectorId, kind, sequence, body }: Pick<StoredLetter, 'detectorId' | 'kind' | 'sequence' | 'body'>,
  status: AgentStatus | undefined,
): void {
  const which = `letter ${sequence} for detector ${detectorId}`;
  if (status === undefined) {
    const field = 'letter.detector_id';
    throw new PreconditionError(`${which}: there is no such detector, or its box has not reported yet`, { field });
  }
  const author = kind === 'key' ? status.custodianFingerprint : (status.configuration?.authorFingerprint ?? '');
  if (author === '') {
    const { option } = letterAuthors[kind];
    throw new PreconditionError(`${which}: its box takes a ${kind} from nobody: give it ${option}`, {
      field: 'letter.kind',
    });
  }
  const signed = signedSequence(which, body, { kind, author, detectorId });
  if (signed !== sequence) {
    throw new InvalidInputError(`${which}: expected ${signed}, as its author has signed`, { field: 'letter.sequence' });
  }
}

function signedSequence(
  which: string,
  body: Uint8Array,
  expected: { readonly kind: LetterWord; readonly author: string; readonly detectorId: string },
): number {
  const field = 'letter.body';
  try {
    return verifyLetter(body, expected).sequence;
  } catch (error) {
    if (error instanceof AccessError) throw new AccessError(`${which}: ${error.message}`, { field, cause: error });
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`${which}: ${error.message}`, { field, cause: error });
  }
}
