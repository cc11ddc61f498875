import type { LetterWord } from '@tdc/shared/signed-letter.ts';

export interface WrittenLetter {
  readonly detectorId: string;
  readonly kind: LetterWord;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** A letter as `tdc letters send` reads it: a line of JSON. */
export const letterLine = ({ detectorId, kind, sequence, body }: WrittenLetter): string =>
  `${JSON.stringify({ detector_id: detectorId, kind, sequence, letter: Buffer.from(body).toString('base64') })}\n`;
