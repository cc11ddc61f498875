import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { LetterKind } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { type LetterWord, letterKindFromWire, letterKindToWire } from '@tdc/shared/signed-letter.ts';

export function acceptedKind(field: string, wire: LetterKind): LetterWord {
  const kind = letterKindFromWire(wire);
  if (kind !== undefined) return kind;
  const { key, configuration } = letterKindToWire;
  throw new InvalidInputError(
    `${wire}: expected LETTER_KIND_KEY (${key}) or LETTER_KIND_CONFIGURATION (${configuration})`,
    { field },
  );
}

export function acceptedSequence(field: string, sequence: number): number {
  if (sequence >= 1) return sequence;
  throw new InvalidInputError(`${sequence}: expected 1 or more`, { field });
}
