import { sign, verify } from 'node:crypto';
import { AccessError, InvalidInputError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { LetterContent, LetterKind, SignedLetter } from './generated/tdc/v1/box_mail.ts';
import { type RawKeyPair, rawKeyBytes, signingKey, verifyingKey } from './raw-key.ts';

/** What letters are about. */
export const letterWords = ['key', 'configuration'] as const;
export type LetterWord = (typeof letterWords)[number];
export const isLetterWord = (text: string | undefined): text is LetterWord => letterWords.some((word) => word === text);

export const letterKindToWire = {
  key: LetterKind.LETTER_KIND_KEY,
  configuration: LetterKind.LETTER_KIND_CONFIGURATION,
} as const satisfies Record<LetterWord, LetterKind>;

/** Undefined for a kind that this version does not know. */
export const letterKindFromWire = (kind: LetterKind): LetterWord | undefined =>
  letterWords.find((word) => letterKindToWire[word] === kind);

/** Whose fingerprint a box trusts for letters of a kind, and the option that says so. */
export const letterAuthors = {
  key: { purpose: 'custodian', option: 'key.custodian' },
  configuration: { purpose: 'config-author', option: 'config.author' },
} as const satisfies Record<LetterWord, object>;

export const letterBytesMax = 16_384;
/** Also the first part of what a sealed text is bound to. */
export const letterDomain = 'tdc/letter/v1';

/** The bytes of a letter that its author has signed. */
export function signLetter(content: LetterContent, author: RawKeyPair): Uint8Array {
  const encoded = LetterContent.encode(content).finish();
  const signature = sign(undefined, signedBytes(encoded), signingKey(author));
  return SignedLetter.encode({ content: encoded, author: author.publicKey, signature }).finish();
}

export interface ExpectedLetter {
  readonly kind: LetterWord;
  /** Fingerprint of who must have signed it. */
  readonly author: string;
  readonly detectorId: string;
}

/**
 * What a letter says, once it is known to be the author's, of the kind and for the detector. Throws AccessError for one that the author has not
 * signed, and InvalidInputError for one that is damaged or another than expected.
 */
export function verifyLetter(body: Uint8Array, { kind, author, detectorId }: ExpectedLetter): LetterContent {
  if (body.length > letterBytesMax) {
    throw new InvalidInputError(`the letter has ${body.length} bytes: expected at most ${letterBytesMax}`);
  }
  const content = signedContent(body, kind, author);
  if (content.kind !== letterKindToWire[kind]) throw new InvalidInputError(`the letter holds no ${kind}`);
  if (content.detectorId !== detectorId) {
    throw new InvalidInputError(`the letter is for detector ${content.detectorId}: expected ${detectorId}`);
  }
  return content;
}

function signedContent(body: Uint8Array, kind: LetterWord, expectedAuthor: string): LetterContent {
  const { content, author, signature } = decoded(() => SignedLetter.decode(body));
  const { purpose, option } = letterAuthors[kind];
  const found = fingerprintOf(purpose, author);
  if (found !== expectedAuthor) {
    throw new AccessError(`the letter is signed by ${found}: expected ${option} ${expectedAuthor}`);
  }
  const isSigned =
    author.length === rawKeyBytes && verify(undefined, signedBytes(content), verifyingKey(author), signature);
  if (!isSigned) throw new AccessError(`the signature of the letter is not that of ${found}`);
  return decoded(() => LetterContent.decode(content));
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new InvalidInputError('the letter is damaged', { cause });
  }
}

const signedBytes = (content: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(`${letterDomain}\0`), content]);
