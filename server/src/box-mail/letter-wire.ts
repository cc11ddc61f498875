import { InvalidInputError } from '@tdc/shared/errors.ts';
import { LetterKind as WireLetterKind } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import type { LetterKind } from '../box-mail-store.ts';

export const kindToWire = { key: WireLetterKind.LETTER_KIND_KEY } as const satisfies Record<LetterKind, WireLetterKind>;

export function acceptedKind(field: string, kind: WireLetterKind): LetterKind {
  if (kind === WireLetterKind.LETTER_KIND_KEY) return 'key';
  throw new InvalidInputError(`${kind}: expected LETTER_KIND_KEY (${WireLetterKind.LETTER_KIND_KEY})`, { field });
}

export function acceptedSequence(field: string, sequence: number): number {
  if (sequence >= 1) return sequence;
  throw new InvalidInputError(`${sequence}: expected 1 or more`, { field });
}
