import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { AccessError, InvalidInputError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { LetterContent, LetterKind, SignedLetter } from './generated/tdc/v1/box_mail.ts';
import { msFromNs, nsFromMs } from './wire.ts';

/** A raw public key, X25519 or Ed25519, and the private key with it. */
export interface RawKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
}

/** What is written on a letter, for whoever has it; nobody can change any of it unnoticed. */
export interface LetterHeader {
  readonly network: string;
  readonly detectorId: string;
  /** Rises with each letter of the author. */
  readonly sequence: number;
  readonly sealedAtMs: number;
}

export const rawKeyBytes = 32;
export const letterBytesMax = 16_384;
const domain = 'tdc/letter/v1';

/** A new pair of a box (X25519), or of somebody who signs letters (Ed25519). */
export function newKeyPair(type: 'x25519' | 'ed25519'): RawKeyPair {
  // The types of Node know each kind of key on its own only.
  const { privateKey } = type === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  return { publicKey: bytesOf(x), privateKey: bytesOf(d) };
}

/** A letter with a key: sealed to the box, and signed by its author. */
export async function sealLetter(
  header: LetterHeader,
  text: string,
  { boxKey, author }: { readonly boxKey: Uint8Array; readonly author: RawKeyPair },
): Promise<Uint8Array> {
  const suite = await hpke();
  const content = { ...headerToWire(header), boxKey };
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(boxKey),
    info: infoOf(content),
  });
  const encoded = LetterContent.encode({
    ...content,
    encapsulatedKey: new Uint8Array(sender.enc),
    ciphertext: new Uint8Array(await sender.seal(new TextEncoder().encode(text))),
  }).finish();
  const signature = sign(undefined, signedBytes(encoded), signingKey(author));
  return SignedLetter.encode({ content: encoded, author: author.publicKey, signature }).finish();
}

export interface OpenedLetter extends LetterHeader {
  /** What was sealed. Secret. */
  readonly text: string;
}

/**
 * Opens a letter. Throws InvalidInputError for one that is damaged, or that is for another box or another key of this one, and AccessError
 * for one that the author with the fingerprint has not signed.
 */
export async function openLetter(
  body: Uint8Array,
  expected: { readonly author: string; readonly detectorId: string; readonly box: RawKeyPair },
): Promise<OpenedLetter> {
  const content = signedContent(body, expected.author);
  const { detectorId, sequence, network } = content;
  if (content.kind !== LetterKind.LETTER_KIND_KEY) throw new InvalidInputError('the letter holds no key');
  if (detectorId !== expected.detectorId) {
    throw new InvalidInputError(`the letter is for detector ${detectorId}: expected ${expected.detectorId}`);
  }
  if (!Buffer.from(content.boxKey).equals(expected.box.publicKey)) {
    throw new InvalidInputError(
      `the letter is sealed to box key ${fingerprintOf('box', content.boxKey)}: expected ${fingerprintOf('box', expected.box.publicKey)}`,
    );
  }
  const text = await unsealed(content, expected.box.privateKey);
  return { network, detectorId, sequence, sealedAtMs: msFromNs(content.sealedAtNs), text };
}

/** What the author has signed. */
function signedContent(body: Uint8Array, expectedAuthor: string): LetterContent {
  const { content, author, signature } = decoded(() => SignedLetter.decode(body));
  const found = fingerprintOf('custodian', author);
  if (found !== expectedAuthor) {
    throw new AccessError(`the letter is signed by ${found}: expected key.custodian ${expectedAuthor}`);
  }
  const isSigned =
    author.length === rawKeyBytes && verify(undefined, signedBytes(content), verifyingKey(author), signature);
  if (!isSigned) throw new AccessError(`the signature of the letter is not that of ${found}`);
  return decoded(() => LetterContent.decode(content));
}

async function unsealed(content: LetterContent, privateKey: Uint8Array): Promise<string> {
  const suite = await hpke();
  try {
    const recipient = await suite.createRecipientContext({
      recipientKey: await suite.kem.deserializePrivateKey(privateKey),
      enc: content.encapsulatedKey,
      info: infoOf(content),
    });
    return new TextDecoder().decode(await recipient.open(content.ciphertext));
  } catch (cause) {
    throw new InvalidInputError('the letter cannot be opened with the key of this box', { cause });
  }
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new InvalidInputError('the letter is damaged', { cause });
  }
}

/** Loaded where it is used: an agent does without it until there is a letter. */
async function hpke() {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import('@hpke/core');
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

const headerToWire = ({ network, detectorId, sequence, sealedAtMs }: LetterHeader) => ({
  kind: LetterKind.LETTER_KIND_KEY,
  network,
  detectorId,
  sequence,
  sealedAtNs: nsFromMs(sealedAtMs),
});

/** What a ciphertext is bound to. No part of it holds a zero octet. */
const infoOf = ({
  kind,
  network,
  detectorId,
  sequence,
  boxKey,
}: Pick<LetterContent, 'kind' | 'network' | 'detectorId' | 'sequence' | 'boxKey'>): Uint8Array =>
  new TextEncoder().encode(
    [domain, kind, network, detectorId, sequence, Buffer.from(boxKey).toString('hex')].join('\0'),
  );

const signedBytes = (content: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(`${domain}\0`), content]);

const signingKey = ({ publicKey, privateKey }: RawKeyPair): KeyObject =>
  createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: textOf(publicKey), d: textOf(privateKey) },
    format: 'jwk',
  });

const verifyingKey = (publicKey: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: textOf(publicKey) }, format: 'jwk' });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));
