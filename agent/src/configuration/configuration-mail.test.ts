import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signConfiguration } from '@tdc/shared/configuration-letter.ts';
import { AccessError, InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { type Letter, LetterContent, LetterKind, SignedLetter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { signLetter } from '@tdc/shared/signed-letter.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetSettings } from './configuration-file.ts';
import { ConfigurationKeeper } from './configuration-keeper.ts';
import { ConfigurationMail } from './configuration-mail.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);
const dayMs = 86_400_000;
const author = newKeyPair('ed25519');
const fingerprint = fingerprintOf('config-author', author.publicKey);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-configuration-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, 'configuration.json');

function boxOf({ isClockSynchronised = true, of = fingerprint, at = 'D1' } = {}) {
  const troubles: string[] = [];
  const onTrouble = (message: string) => troubles.push(message);
  const keeper = new ConfigurationKeeper({ file: file(), detectorId: at, author: of, nowMs: () => nowMs, onTrouble });
  const mail = new ConfigurationMail({
    detectorId: at,
    author: of,
    keeper,
    check: ({ text }) => {
      if (text.includes('wrong')) throw new InvalidInputError('log.level "wrong": expected "info"\nand more');
    },
    nowMs: () => nowMs,
    isClockSynchronised: () => isClockSynchronised,
  });
  return { keeper, mail, troubles };
}

function letterOf(
  sequence: number,
  { text = `text ${sequence}`, detectorId = 'D1', signedAtMs = nowMs, by = author } = {},
): Letter {
  const body = signConfiguration({ detectorId, sequence, signedAtMs, text }, by);
  return { detectorId: 'D1', kind: LetterKind.LETTER_KIND_CONFIGURATION, sequence, body };
}

function withBody(letter: Letter, change: (signed: SignedLetter) => Partial<SignedLetter>): Letter {
  const signed = SignedLetter.decode(letter.body);
  return { ...letter, body: SignedLetter.encode({ ...signed, ...change(signed) }).finish() };
}

describe('a configuration by letter', () => {
  test('is tried, and is known when it comes again, now and after a restart', () => {
    const { keeper, mail } = boxOf();
    expect(mail.receive(letterOf(3))).toBe('to-be-tried');
    expect([keeper.onProbation, keeper.inForce]).toEqual([true, { sequence: 3, text: 'text 3' }]);
    expect(mail.receive(letterOf(3))).toBe('known');
    const after = boxOf();
    expect(after.mail.receive(letterOf(3))).toBe('known');
    after.keeper.confirm();
    expect(after.mail.receive(letterOf(4))).toBe('to-be-tried');
    after.keeper.rollBack('nobody answers');
    expect(boxOf().keeper.snapshot()).toEqual({
      author: fingerprint,
      inForce: { sequence: 3, state: 'current' },
      refused: { sequence: 4, refusal: 'rolled-back', reason: 'nobody answers', atMs: nowMs },
    });
    expect(boxOf().mail.receive(letterOf(4))).toBe('known');
  });

  test.each<[string, () => Letter, typeof InvalidInputError | typeof AccessError, RegExp]>([
    [
      'of another signer',
      () => letterOf(9, { by: newKeyPair('ed25519') }),
      AccessError,
      /^the letter is signed by \S+: expected config\.author/,
    ],
    [
      'that says it is of the author, and is not',
      () => withBody(letterOf(9, { by: newKeyPair('ed25519') }), () => ({ author: author.publicKey })),
      AccessError,
      /^the signature of the letter is not that of/,
    ],
    [
      'that was changed',
      () =>
        withBody(letterOf(9), ({ content }) => ({
          content: LetterContent.encode({ ...LetterContent.decode(content), configuration: 'log: {}' }).finish(),
        })),
      AccessError,
      /^the signature of the letter is not that of/,
    ],
    ['for another box', () => letterOf(9, { detectorId: 'D2' }), InvalidInputError, /for detector D2: expected D1/],
    ['under another number', () => ({ ...letterOf(9), sequence: 8 }), InvalidInputError, /letter 9 came as letter 8/],
    [
      'that is an old one',
      () => letterOf(2),
      InvalidInputError,
      /configuration 2 is an old one: 3 has been dealt with/,
    ],
    [
      'that was signed long ago',
      () => letterOf(9, { signedAtMs: nowMs - 32 * dayMs }),
      InvalidInputError,
      /configuration 9 was signed at 2026-04-30T12:00:00.000Z: expected one of the last 31 days/,
    ],
    [
      'that is too long',
      () => {
        const content = LetterContent.fromPartial({
          kind: LetterKind.LETTER_KIND_CONFIGURATION,
          detectorId: 'D1',
          sequence: 9,
          sealedAtNs: BigInt(nowMs) * 1_000_000n,
          configuration: '#'.repeat(8193),
        });
        return { ...letterOf(9), body: signLetter(content, author) };
      },
      InvalidInputError,
      /the configuration has 8193 bytes: expected at most 8192/,
    ],
    [
      'of megabytes',
      () => ({ ...letterOf(9), body: new Uint8Array(3_000_000) }),
      InvalidInputError,
      /3000000 bytes: expected/,
    ],
    [
      'that holds a key',
      () => {
        const content = LetterContent.fromPartial({ kind: LetterKind.LETTER_KIND_KEY, detectorId: 'D1', sequence: 9 });
        return { ...letterOf(9), body: signLetter(content, author) };
      },
      InvalidInputError,
      /the letter holds no configuration/,
    ],
    ['that is damaged', () => ({ ...letterOf(9), body: Uint8Array.from([10, 200]) }), InvalidInputError, /damaged/],
  ])('%s is refused, told, and changes nothing', (_, letter, kind, message) => {
    const { keeper, mail } = boxOf();
    mail.receive(letterOf(3));
    keeper.confirm();
    const before = readFileSync(file(), 'utf8');
    expect(() => mail.receive(letter())).toThrow(kind);
    expect(keeper.snapshot()).toMatchObject({
      inForce: { sequence: 3, state: 'current' },
      refused: { sequence: 0, refusal: 'refused', reason: expect.stringMatching(message), atMs: nowMs },
    });
    // Who brings such letters does not wear the disk.
    expect(readFileSync(file(), 'utf8')).toBe(before);
    expect(mail.receive(letterOf(10))).toBe('to-be-tried');
    expect(keeper.snapshot().refused).toBeUndefined();
  });

  test('that the agent cannot use is refused for good, while another is in force or tried', () => {
    const { keeper, mail } = boxOf();
    mail.receive(letterOf(3));
    expect(() => mail.receive(letterOf(4, { text: 'wrong' }))).toThrow('log.level "wrong"');
    expect(keeper.snapshot()).toMatchObject({ inForce: { sequence: 3, state: 'probation' }, refused: { sequence: 4 } });
    expect(mail.receive(letterOf(4, { text: 'wrong' }))).toBe('known');
    keeper.confirm();
    expect(boxOf().keeper.snapshot()).toMatchObject({
      inForce: { sequence: 3, state: 'current' },
      refused: { sequence: 4, refusal: 'refused', reason: 'log.level "wrong": expected "info"; and more' },
    });
  });

  test('of long ago is taken while nobody knows what time it is', () => {
    const { mail } = boxOf({ isClockSynchronised: false });
    expect(mail.receive(letterOf(3, { signedAtMs: nowMs - 400 * dayMs }))).toBe('to-be-tried');
  });

  test('that the disk does not take is to come again', () => {
    const { keeper, mail } = boxOf();
    mkdirSync(`${file()}.new`);
    expect(() => mail.receive(letterOf(3))).toThrow(UnavailableError);
    expect([keeper.inForce, keeper.sequence]).toEqual([undefined, 0]);
    rmSync(`${file()}.new`, { recursive: true });
    expect(mail.receive(letterOf(3))).toBe('to-be-tried');
    mkdirSync(`${file()}.new`);
    keeper.begin();
    expect(keeper.snapshot().refused).toMatchObject({ sequence: 3, refusal: 'rolled-back' });
    expect(keeper.inForce).toBeUndefined();
  });
});

describe('what the disk has', () => {
  test('of another author counts for nothing', () => {
    const first = boxOf();
    first.mail.receive(letterOf(30));
    first.keeper.confirm();
    const second = newKeyPair('ed25519');
    const { keeper, mail } = boxOf({ of: fingerprintOf('config-author', second.publicKey) });
    expect([keeper.inForce, keeper.sequence]).toEqual([undefined, 0]);
    expect(mail.receive(letterOf(1, { by: second }))).toBe('to-be-tried');
  });

  test('for another detector counts for nothing, as when a box moves', () => {
    const { keeper, mail } = boxOf();
    mail.receive(letterOf(30));
    keeper.confirm();
    expect(boxOf({ at: 'D2' }).keeper.inForce).toBeUndefined();
    expect(boxOf().keeper.inForce?.sequence).toBe(30);
  });

  test('is forgotten when the box enrols anew, but for its numbers', () => {
    forgetSettings(file());
    writeFileSync(file(), 'damaged', { mode: 0o600 });
    forgetSettings(file());
    expect(existsSync(file())).toBe(false);
    const { keeper, mail } = boxOf();
    mail.receive(letterOf(30));
    keeper.confirm();
    mail.receive(letterOf(31));
    forgetSettings(file());
    const after = boxOf();
    expect(after.keeper.snapshot()).toEqual({ author: fingerprint });
    expect(after.mail.receive(letterOf(31))).toBe('known');
    expect(() => after.mail.receive(letterOf(30))).toThrow('an old one');
    expect(after.mail.receive(letterOf(32))).toBe('to-be-tried');
  });

  test.each(['', '{}', '{"author":"', '\0\0\0'])(
    'and is damaged (%j) keeps no agent from starting, and is told',
    (text) => {
      writeFileSync(file(), text, { mode: 0o600 });
      const { keeper, mail, troubles } = boxOf();
      expect(troubles).toEqual([expect.stringContaining('configuration.json is damaged')]);
      keeper.begin();
      expect(keeper.inForce).toBeUndefined();
      expect(mail.receive(letterOf(3))).toBe('to-be-tried');
    },
  );

  test('that an agent of another version cannot use is set aside until another comes', () => {
    const { keeper, mail } = boxOf();
    mail.receive(letterOf(3));
    keeper.confirm();
    keeper.setAside('configuration 3: unknown key radar');
    expect(keeper.inForce).toBeUndefined();
    expect(keeper.snapshot()).toMatchObject({
      inForce: { sequence: 3, state: 'unusable' },
      refused: { sequence: 3, reason: 'configuration 3: unknown key radar' },
    });
    expect(boxOf().keeper.inForce?.sequence).toBe(3);
    mail.receive(letterOf(4));
    expect(keeper.inForce?.sequence).toBe(4);
  });
});
