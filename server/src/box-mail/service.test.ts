import { credentials } from '@grpc/grpc-js';
import { BoxMailServiceClient, LetterKind, type PutLetterRequest } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { AgentStatus, KeyState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, reportStatus, startSubject } from '../client/client-subject.ts';

const kind = LetterKind.LETTER_KIND_KEY;
const call = { timeoutMs: 10_000 };
let subject: ClientSubject;
let mail: BoxMailServiceClient;

beforeAll(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2', 'D3']);
  mail = new BoxMailServiceClient(subject.collector, credentials.createInsecure());
});
afterAll(async () => {
  mail.close();
  await subject[Symbol.asyncDispose]();
});

const put = (letter: NonNullable<PutLetterRequest['letter']>) => callUnary(mail, mail.putLetter, { letter }, call);
const fetch = (detectorId: string, afterSequence = 0) =>
  callUnary(mail, mail.fetchLetters, { detectorId, afterSequence }, call);
const lettersFor = async (detectorId: string) => (await fetch(detectorId)).letters.map(({ sequence }) => sequence);

test('a letter waits for its box until it is acknowledged, and is asked for by number', async () => {
  const letter = { detectorId: 'D1', kind, sequence: 3, body: new Uint8Array(16_384).fill(1) };
  await put(letter);
  const { letters } = await fetch('D1', 2);
  expect(letters.map((each) => ({ ...each, body: Uint8Array.from(each.body) }))).toEqual([letter]);
  expect((await fetch('D1', 3)).letters).toEqual([]);
  expect(await lettersFor('D2')).toEqual([]);
  await callUnary(mail, mail.acknowledgeLetter, { detectorId: 'D1', kind, sequence: 2 }, call);
  expect(await lettersFor('D1')).toEqual([3]);
  await callUnary(mail, mail.acknowledgeLetter, { detectorId: 'D1', kind, sequence: 3 }, call);
  expect(await lettersFor('D1')).toEqual([]);
});

test('an operator sees which boxes there are, which wait for their key, and what waits for them', async () => {
  const boxKey = new Uint8Array(32).fill(9);
  await callUnary(mail, mail.putBoxKey, { detectorId: 'D2', boxKey }, call);
  await put({ detectorId: 'D3', kind, sequence: 1, body: Uint8Array.from([1]) });
  await reportStatus(subject, AgentStatus.fromPartial({ detectorId: 'D2', keyState: KeyState.KEY_STATE_WAITING }));
  expect(Uint8Array.from((await fetch('D2')).boxKey)).toEqual(boxKey);
  const { boxes } = await callUnary(mail, mail.listBoxes, {}, call);
  expect(boxes).toMatchObject([
    { detectorId: 'D2', waitsForKey: true, letters: [] },
    { detectorId: 'D3', waitsForKey: false, boxKeyPutNs: 0n, letters: [{ kind, sequence: 1 }] },
  ]);
  expect(Uint8Array.from(boxes[0]?.boxKey ?? [])).toEqual(boxKey);
});

test('what is too long, of no kind, or for nobody is refused with its field', async () => {
  const letter = { detectorId: 'D1', kind, sequence: 1, body: Uint8Array.from([1]) };
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
  const boxKey = new Uint8Array(31);
  await expect(callUnary(mail, mail.putBoxKey, { detectorId: 'D1', boxKey }, call)).rejects.toMatchObject({
    field: 'box_key',
  });
});
