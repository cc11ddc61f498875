import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AccessError, InvalidInputError } from './errors.ts';
import { fingerprintOf, fingerprintSchema } from './fingerprint.ts';
import { LetterContent, LetterKind, SignedLetter } from './generated/tdc/v1/box_mail.ts';
import { openLetter, sealLetter } from './letter.ts';
import { newKeyPair } from './raw-key.ts';

const box = newKeyPair('x25519');
const custodian = newKeyPair('ed25519');
const author = fingerprintOf('custodian', custodian.publicKey);
const header = { network: 'city', detectorId: 'D1', sequence: 7, sealedAtMs: 1_790_000_000_000 };
const secret = 'the key of the day';
const sealed = () => sealLetter(header, secret, { boxKey: box.publicKey, author: custodian });
const expected = { author, detectorId: 'D1', box };

describe('a letter', () => {
  test('is read by its box, and nothing of what is in it stands in its bytes', async () => {
    const body = await sealed();
    expect(await openLetter(body, expected)).toEqual({ ...header, text: secret });
    expect(Buffer.from(body).includes(secret.slice(0, 7))).toBe(false);
  });

  test('of somebody else is refused, even when it says that it is of the custodian', async () => {
    const other = newKeyPair('ed25519');
    const body = await sealLetter(header, secret, { boxKey: box.publicKey, author: other });
    await expect(openLetter(body, expected)).rejects.toThrow(AccessError);
    const forged = SignedLetter.encode({ ...SignedLetter.decode(body), author: custodian.publicKey }).finish();
    await expect(openLetter(forged, expected)).rejects.toThrow('the signature of the letter is not that of');
  });

  test('for another box or another key of the box is refused, and says which', async () => {
    const body = await sealed();
    await expect(openLetter(body, { ...expected, detectorId: 'D2' })).rejects.toThrow('for detector D1: expected D2');
    await expect(openLetter(body, { ...expected, box: newKeyPair('x25519') })).rejects.toThrow('sealed to box key');
    const impostor = { publicKey: box.publicKey, privateKey: newKeyPair('x25519').privateKey };
    await expect(openLetter(body, { ...expected, box: impostor })).rejects.toThrow('cannot be opened');
  });

  test('is bound to all that is written on it', async () => {
    const content = LetterContent.decode(SignedLetter.decode(await sealed()).content);
    const changes: Partial<LetterContent>[] = [
      { network: 'town' },
      { sequence: 8 },
      { sealedAtNs: 1n },
      { kind: LetterKind.LETTER_KIND_UNSPECIFIED },
    ];
    for (const change of changes) {
      const changed = LetterContent.encode({ ...content, ...change }).finish();
      const body = SignedLetter.encode({ ...SignedLetter.decode(await sealed()), content: changed }).finish();
      await expect(openLetter(body, expected)).rejects.toThrow(AccessError);
    }
  });

  test('that is damaged anywhere, or is no letter at all, is refused', async () => {
    const body = await sealed();
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Uint8Array.from(body, (octet, i) => (i === at ? octet ^ flip : octet));
        const refusal = await openLetter(damaged, expected).catch((error: unknown) => error);
        expect(refusal instanceof AccessError || refusal instanceof InvalidInputError, String(refusal)).toBe(true);
      }),
    );
    await expect(openLetter(new Uint8Array(0), expected)).rejects.toThrow(AccessError);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const refusal = await openLetter(bytes, expected).catch((error: unknown) => error);
        expect(refusal instanceof AccessError || refusal instanceof InvalidInputError, String(refusal)).toBe(true);
      }),
    );
  });
});

describe('a fingerprint', () => {
  test('is six groups of four, differs by use, and is known again however it is written down', () => {
    expect(author).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(fingerprintOf('box', custodian.publicKey)).not.toBe(author);
    for (const spelled of [
      author.toUpperCase(),
      author.replaceAll('-', ' '),
      author.replaceAll('0', 'O').replaceAll('1', 'l'),
    ]) {
      expect(fingerprintSchema.parse(spelled)).toBe(author);
    }
    for (const wrong of ['', author.slice(1), `${author}0`, author.replace(/.$/, 'u')]) {
      expect(fingerprintSchema.safeParse(wrong).success, wrong).toBe(false);
    }
  });
});
