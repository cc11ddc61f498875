import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signConfiguration } from '@tdc/shared/configuration-letter.ts';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { AgentStatus, KeyState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boxes } from './boxes.ts';
import { type ClientSubject, putDetectors, reportStatus, startSubject } from './client-subject.ts';
import { ask } from './context.ts';
import { lettersSend } from './letters-send.ts';

const boxKey = new Uint8Array(32).fill(5);
const fingerprint = fingerprintOf('box', boxKey);
const author = newKeyPair('ed25519');
const configuration = { authorFingerprint: fingerprintOf('config-author', author.publicKey) };
let subject: ClientSubject;
beforeAll(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2']);
  using client = subject.client();
  const { boxMail } = client.context;
  await ask(client.context, 'boxMail', boxMail.putBoxKey, { detectorId: 'D1', boxKey });
  await reportStatus(
    subject,
    AgentStatus.fromPartial({ detectorId: 'D1', keyState: KeyState.KEY_STATE_WAITING, configuration }),
  );
  await reportStatus(subject, AgentStatus.fromPartial({ detectorId: 'D2', configuration }));
});
afterAll(() => subject[Symbol.asyncDispose]());

const lineWith = (detectorId: string, sequence: number, letter: string) =>
  `${JSON.stringify({ detector_id: detectorId, kind: 'configuration', sequence, letter })}\n`;

function letterLine(detectorId: string, sequence: number): string {
  const letter = signConfiguration({ detectorId, sequence, signedAtMs: 1, text: '' }, author);
  return lineWith(detectorId, sequence, Buffer.from(letter).toString('base64'));
}

function fileOf(text: string): string {
  const file = join(subject.folder, 'letters.ndjson');
  writeFileSync(file, text);
  return file;
}

test('boxes are listed with what the custodian needs, and with the letters that were sent to them', async () => {
  using sender = subject.client();
  const file = fileOf(letterLine('D1', 4) + letterLine('D2', 4));
  await lettersSend(sender.context, file);
  await lettersSend(sender.context, file);
  expect(sender.err()).toContain('2 letters wait for their boxes');
  using table = subject.client();
  await boxes(table.context);
  expect(table.out()).toMatch(new RegExp(`^D1 +${fingerprint} +waits for its key +configuration 4 *$`, 'm'));
  using program = subject.client({ output: 'ndjson' });
  await boxes(program.context);
  expect(
    program
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    {
      detector_id: 'D1',
      box_key: Buffer.from(boxKey).toString('base64'),
      box_key_fingerprint: fingerprint,
      waits_for_key: true,
      letters: [{ kind: 'configuration', sequence: 4 }],
    },
    { detector_id: 'D2', box_key: null, box_key_fingerprint: null, box_key_put_at: null, letters: [{ sequence: 4 }] },
  ]);
});

test('a letter that is not taken keeps no other away, and each is told', async () => {
  using client = subject.client();
  const file = fileOf(letterLine('D8', 6) + letterLine('D1', 6) + letterLine('D9', 6));
  await expect(lettersSend(client.context, file)).rejects.toThrow(
    /^letter 6 for detector D8: there is no such detector.*\nletter 6 for detector D9: there is no such detector/,
  );
  expect(client.err()).toContain('1 letters wait for their boxes');
  using table = subject.client();
  await boxes(table.context);
  expect(table.out()).toMatch(/^D1 .*configuration 6 *$/m);
});

test.each([
  ['not JSON\n', 'line 1: the line: '],
  [letterLine('D1', 9) + lineWith('D1', 9, '!'), 'line 2: letter: '],
  [letterLine('D1', 1), 'letter 6 is there: expected a higher sequence'],
  [letterLine('D9', 9), 'letter 9 for detector D9: there is no such detector'],
  [lineWith('D1', 9, 'AAEC'), 'letter 9 for detector D1: the letter is signed by '],
])('of letters that cannot be sent is said which and why: %j', async (text, message) => {
  using client = subject.client();
  await expect(lettersSend(client.context, fileOf(text))).rejects.toThrow(message);
});
