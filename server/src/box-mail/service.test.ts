import { credentials } from '@grpc/grpc-js';
import { signConfiguration } from '@tdc/shared/configuration-letter.ts';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import {
  BoxMailServiceClient,
  type Letter,
  LetterKind,
  type PutLetterRequest,
} from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { AgentStatus, KeyState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { sealLetter } from '@tdc/shared/letter.ts';
import { newKeyPair, type RawKeyPair } from '@tdc/shared/raw-key.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, reportStatus, startSubject } from '../client/client-subject.ts';

const { LETTER_KIND_KEY, LETTER_KIND_CONFIGURATION } = LetterKind;
const call = { timeoutMs: 10_000 };
const custodian = newKeyPair('ed25519');
const configAuthor = newKeyPair('ed25519');
const stranger = newKeyPair('ed25519');
const boxKey = newKeyPair('x25519').publicKey;
let subject: ClientSubject;
let mail: BoxMailServiceClient;

beforeAll(async () => {
  subject = await startSubject();
  mail = new BoxMailServiceClient(subject.collector, credentials.createInsecure());
});
beforeEach(async () => {
  await putDetectors(subject, ['D1', 'D2', 'D3']);
  await reportStatus(subject, statusOf('D1'));
  await reportStatus(subject, statusOf('D3'));
});
afterAll(async () => {
  mail.close();
  await subject[Symbol.asyncDispose]();
});

/** What a box says of those whose letters it takes. */
const statusOf = (detectorId: string, given: Partial<AgentStatus> = {}) =>
  AgentStatus.fromPartial({
    detectorId,
    custodianFingerprint: fingerprintOf('custodian', custodian.publicKey),
    configuration: { authorFingerprint: fingerprintOf('config-author', configAuthor.publicKey) },
    ...given,
  });

async function keyLetter(detectorId: string, sequence: number, author: RawKeyPair = custodian): Promise<Letter> {
  const header = { network: 'city', detectorId, sequence, sealedAtMs: 1_790_000_000_000 };
  return { detectorId, kind: LETTER_KIND_KEY, sequence, body: await sealLetter(header, 'a key', { boxKey, author }) };
}

function configurationLetter(detectorId: string, sequence: number, author: RawKeyPair = configAuthor): Letter {
  const configuration = { detectorId, sequence, signedAtMs: 1_790_000_000_000, text: 'log: {level: debug}' };
  const body = signConfiguration(configuration, author);
  return { detectorId, kind: LETTER_KIND_CONFIGURATION, sequence, body };
}

const put = (letter: NonNullable<PutLetterRequest['letter']>) => callUnary(mail, mail.putLetter, { letter }, call);
const fetch = (detectorId: string, afterSequence = 0, takesConfigurations = false) =>
  callUnary(mail, mail.fetchLetters, { detectorId, afterSequence, takesConfigurations }, call);
const lettersFor = async (...asked: Parameters<typeof fetch>) =>
  (await fetch(...asked)).letters.map(({ kind, sequence }) => [kind, sequence]);

test('a letter waits for its box until it is acknowledged, and is asked for by number', async () => {
  const letter = await keyLetter('D1', 3);
  await put(letter);
  const { letters } = await fetch('D1', 2);
  expect(letters.map((each) => ({ ...each, body: Uint8Array.from(each.body) }))).toEqual([
    { ...letter, body: Uint8Array.from(letter.body) },
  ]);
  expect((await fetch('D1', 3)).letters).toEqual([]);
  expect(await lettersFor('D2')).toEqual([]);
  const kind = LETTER_KIND_KEY;
  await callUnary(mail, mail.acknowledgeLetter, { detectorId: 'D1', kind, sequence: 2 }, call);
  expect(await lettersFor('D1')).toEqual([[kind, 3]]);
  await callUnary(mail, mail.acknowledgeLetter, { detectorId: 'D1', kind, sequence: 3 }, call);
  expect(await lettersFor('D1')).toEqual([]);
});

test('letters of each kind have numbers of their own, and agents that know of no configurations get none', async () => {
  await put(await keyLetter('D3', 50));
  await put(configurationLetter('D3', 3));
  const [key, configuration] = [
    [LETTER_KIND_KEY, 50],
    [LETTER_KIND_CONFIGURATION, 3],
  ];
  expect(await lettersFor('D3')).toEqual([key]);
  expect(await lettersFor('D3', 49, true)).toEqual([configuration, key]);
  expect(await lettersFor('D3', 50, true)).toEqual([configuration]);
  await callUnary(
    mail,
    mail.acknowledgeLetter,
    { detectorId: 'D3', kind: LETTER_KIND_CONFIGURATION, sequence: 50 },
    call,
  );
  expect(await lettersFor('D3', 0, true)).toEqual([key]);
});

test('an operator sees which boxes there are, which wait for their key, and what waits for them', async () => {
  await callUnary(mail, mail.putBoxKey, { detectorId: 'D2', boxKey }, call);
  await put(configurationLetter('D3', 9));
  await reportStatus(subject, AgentStatus.fromPartial({ detectorId: 'D2', keyState: KeyState.KEY_STATE_WAITING }));
  expect(Uint8Array.from((await fetch('D2')).boxKey)).toEqual(boxKey);
  const { boxes } = await callUnary(mail, mail.listBoxes, {}, call);
  const [second, third] = ['D2', 'D3'].map((id) => boxes.find(({ detectorId }) => detectorId === id));
  expect(second).toMatchObject({ waitsForKey: true, letters: [] });
  expect(third).toMatchObject({ waitsForKey: false, boxKeyPutNs: 0n });
  expect(third?.letters).toContainEqual(expect.objectContaining({ kind: LETTER_KIND_CONFIGURATION, sequence: 9 }));
  expect(Uint8Array.from(second?.boxKey ?? [])).toEqual(boxKey);
});

describe('a letter that its box would not take', () => {
  test('is refused, so that it keeps no other away, whatever its number', async () => {
    const [highest, genuine] = [2 ** 32 - 1, await keyLetter('D1', 8)];
    await put(genuine);
    const foreign = await keyLetter('D1', highest, stranger);
    await expect(put(foreign)).rejects.toMatchObject({
      name: 'AccessError',
      field: 'letter.body',
      message: expect.stringMatching(
        /^letter 4294967295 for detector D1: the letter is signed by \S+: expected key.custodian/,
      ),
    });
    await expect(put(configurationLetter('D1', highest, stranger))).rejects.toThrow('expected config.author');
    // The custodian's key is no author of configurations.
    await expect(put(configurationLetter('D1', highest, custodian))).rejects.toThrow('expected config.author');
    const changed = Uint8Array.from(genuine.body).fill(1, 10, 20);
    await expect(put({ ...genuine, sequence: highest, body: changed })).rejects.toThrow(/signature|damaged|signed by/);
    await expect(put({ ...genuine, sequence: highest })).rejects.toMatchObject({
      field: 'letter.sequence',
      message: 'letter 4294967295 for detector D1: expected 8, as its author has signed',
    });
    await expect(put({ ...(await keyLetter('D2', 9)), detectorId: 'D1' })).rejects.toThrow(
      'for detector D2: expected D1',
    );
    expect(await lettersFor('D1', 0, true)).toEqual([[LETTER_KIND_KEY, 8]]);
    await put(await keyLetter('D1', 9));
    expect(await lettersFor('D1', 0, true)).toEqual([[LETTER_KIND_KEY, 9]]);
  });

  test('is one of any kind that it has named nobody for', async () => {
    await reportStatus(subject, statusOf('D2', { configuration: undefined }));
    await expect(put(configurationLetter('D2', 1))).rejects.toMatchObject({
      name: 'PreconditionError',
      message: 'letter 1 for detector D2: its box takes a configuration from nobody: give it config.author',
    });
    await put(await keyLetter('D2', 1));
    await reportStatus(subject, statusOf('D2', { custodianFingerprint: '' }));
    await expect(put(await keyLetter('D2', 2))).rejects.toThrow(
      'its box takes a key from nobody: give it key.custodian',
    );
    await expect(put(await keyLetter('D9', 1))).rejects.toThrow(
      'there is no such detector, or its box has not reported',
    );
  });
});

test('what is too long, of no kind, or for nobody is refused with its field', async () => {
  const letter = await keyLetter('D1', 1);
  await expect(callUnary(mail, mail.putLetter, { letter: undefined }, call)).rejects.toMatchObject({ field: 'letter' });
  for (const [field, wrong] of [
    ['letter.body', { ...letter, body: new Uint8Array(16_385) }],
    ['letter.body', { ...letter, body: new Uint8Array(0) }],
    ['letter.kind', { ...letter, kind: LetterKind.LETTER_KIND_UNSPECIFIED }],
    ['letter.sequence', { ...letter, sequence: 0 }],
    ['letter.detector_id', { ...letter, detectorId: 'D9' }],
    ['letter.detector_id', { ...letter, detectorId: '' }],
  ] as const) {
    await expect(put(wrong), field).rejects.toMatchObject({ field });
  }
  const short = new Uint8Array(31);
  await expect(callUnary(mail, mail.putBoxKey, { detectorId: 'D1', boxKey: short }, call)).rejects.toMatchObject({
    field: 'box_key',
  });
});
