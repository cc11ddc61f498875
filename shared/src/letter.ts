import { InvalidInputError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { LetterContent } from './generated/tdc/v1/box_mail.ts';
import type { RawKeyPair } from './raw-key.ts';
import { letterDomain, letterKindToWire, signLetter, verifyLetter } from './signed-letter.ts';
import { msFromNs, nsFromMs } from './wire.ts';

/** What is written on a letter with a key, for whoever has it; nobody can change any of it unnoticed. */
export interface LetterHeader {
  readonly network: string;
  readonly detectorId: string;
  /** Rises with each letter of the author. */
  readonly sequence: number;
  readonly sealedAtMs: number;
}

/** A letter with a key: sealed to the box, and signed by its author. */
export async function sealLetter(
  { network, detectorId, sequence, sealedAtMs }: LetterHeader,
  text: string,
  { boxKey, author }: { readonly boxKey: Uint8Array; readonly author: RawKeyPair },
): Promise<Uint8Array> {
  const suite = await hpke();
  const content = LetterContent.fromPartial({
    kind: letterKindToWire.key,
    network,
    detectorId,
    sequence,
    sealedAtNs: nsFromMs(sealedAtMs),
    boxKey,
  });
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(boxKey),
    info: infoOf(content),
  });
  const sealed = {
    ...content,
    encapsulatedKey: new Uint8Array(sender.enc),
    ciphertext: new Uint8Array(await sender.seal(new TextEncoder().encode(text))),
  };
  return signLetter(sealed, author);
}

export interface OpenedLetter extends LetterHeader {
  /** What was sealed. Secret. */
  readonly text: string;
}

/**
 * Opens a letter with a key. Throws InvalidInputError for one that is damaged, or that is for another box or another key of this one, and AccessError
 * for one that the author with the fingerprint has not signed.
 */
export async function openLetter(
  body: Uint8Array,
  expected: { readonly author: string; readonly detectorId: string; readonly box: RawKeyPair },
): Promise<OpenedLetter> {
  const content = verifyLetter(body, { kind: 'key', ...expected });
  if (!Buffer.from(content.boxKey).equals(expected.box.publicKey)) {
    throw new InvalidInputError(
      `the letter is sealed to box key ${fingerprintOf('box', content.boxKey)}: expected ${fingerprintOf('box', expected.box.publicKey)}`,
    );
  }
  const text = await unsealed(content, expected.box.privateKey);
  const { detectorId, sequence, network } = content;
  return { network, detectorId, sequence, sealedAtMs: msFromNs(content.sealedAtNs), text };
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

/** Loaded where it is used: an agent does without it until there is a letter. */
async function hpke() {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import('@hpke/core');
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** What a ciphertext is bound to. No part of it holds a zero octet. */
const infoOf = ({ kind, network, detectorId, sequence, boxKey }: LetterContent): Uint8Array =>
  new TextEncoder().encode(
    [letterDomain, kind, network, detectorId, sequence, Buffer.from(boxKey).toString('hex')].join('\0'),
  );
