import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import {
  type BoxMailServiceServer,
  BoxMailServiceService,
  type Letter,
  LetterKind,
} from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import type { KeyChainState } from '@tdc/shared/key-chain.ts';
import { formatKeyText } from '@tdc/shared/key-text.ts';
import { sealLetter } from '@tdc/shared/letter.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBoxKey, writeBoxKey } from './box-key-file.ts';
import { BoxMail } from './box-mail.ts';
import { readKeyFile } from './key-file.ts';
import { KeyKeeper } from './key-keeper.ts';
import { KeyMail } from './key-mail.ts';
import { keyFileStore, memoryKeyStore } from './key-store.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);
const never = new AbortController().signal;
const custodian = newKeyPair('ed25519');
const key = generateKey({ network: 'city', timeZone: 'UTC', nowMs });
const other = generateKey({ network: 'city', timeZone: 'UTC', nowMs });

let folder: string;
let server: Server;
let client: Client;
/** What the server hands over, whatever is asked for: it may be anybody's. */
let letters: Letter[];
let boxKeys: Uint8Array[];
let acknowledged: number[];
let refusal: status | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-mail-'));
  [letters, boxKeys, acknowledged, refusal] = [[], [], [], undefined];
  server = new Server();
  const service = {
    fetchLetters: (_, answer) =>
      refusal === undefined
        ? answer(null, { letters, boxKey: boxKeys.at(-1) ?? new Uint8Array(0) })
        : answer({ code: refusal, details: 'the repository does not answer' }),
    putBoxKey: ({ request }, answer) => {
      boxKeys.push(request.boxKey);
      answer(null, {});
    },
    acknowledgeLetter: ({ request }, answer) => {
      acknowledged.push(request.sequence);
      answer(null, {});
    },
  } satisfies Partial<BoxMailServiceServer>;
  server.addService(BoxMailServiceService, service);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(() => {
  client.close();
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

const keyFile = () => join(folder, 'key.json');
const boxKeyFile = () => join(folder, 'box-key.json');

function boxOf(storage: 'file' | 'memory' = 'file') {
  const store = storage === 'file' ? keyFileStore(keyFile()) : memoryKeyStore();
  const keeper = new KeyKeeper({ store, overlapMs: 0, tagBits: 64 });
  const taken: number[] = [];
  const keys = new KeyMail({
    detectorId: 'D1',
    custodian: fingerprintOf('custodian', custodian.publicKey),
    boxKeyFile: boxKeyFile(),
    keeper,
    acknowledges: storage === 'file',
    nowMs: () => nowMs,
    isClockSynchronised: () => true,
    onTaken: (letter) => taken.push(letter),
  });
  const mail = new BoxMail({ detectorId: 'D1', keys, onConfiguration: () => {} });
  return { keeper, taken, exchange: () => mail.exchange(client.getChannel(), never) };
}

async function letterOf(
  of: KeyChainState,
  sequence: number,
  { author = custodian, network = of.network, detectorId = 'D1' } = {},
): Promise<Letter> {
  const boxKey = openBoxKey(boxKeyFile()).publicKey;
  const header = { network, detectorId, sequence, sealedAtMs: nowMs };
  const body = await sealLetter(header, formatKeyText(of), { boxKey, author });
  return { detectorId: 'D1', kind: LetterKind.LETTER_KIND_KEY, sequence, body };
}

describe('a box', () => {
  test('tells its public key once, takes the key that comes, and acknowledges it', async () => {
    const { keeper, taken, exchange } = boxOf();
    expect(await exchange()).toBeUndefined();
    letters = [await letterOf(key, 3)];
    expect(await exchange()).toBeUndefined();
    await keeper.ready;
    expect(boxKeys.map((each) => Uint8Array.from(each))).toEqual([openBoxKey(boxKeyFile()).publicKey]);
    expect([taken, acknowledged]).toEqual([[3], [3]]);
    expect(readKeyFile(keyFile())).toEqual({ ...key, letter: 3 });
  });

  test('takes a letter once, and acknowledges it again when the server brings it again', async () => {
    const { taken, exchange } = boxOf();
    letters = [await letterOf(key, 3)];
    for (let again = 0; again < 3; again++) expect(await exchange()).toBeUndefined();
    expect([taken, acknowledged]).toEqual([[3], [3, 3, 3]]);
  });

  test('refuses an old letter, now, after a restart, and when its key file has gone', async () => {
    const { exchange } = boxOf();
    const old = await letterOf(key, 3);
    letters = [await letterOf(other, 4)];
    await exchange();
    letters = [old];
    expect(await exchange()).toBe('letter 3 is an old one: letter 4 has been taken');
    expect(await boxOf().exchange()).toContain('letter 3 is an old one');
    expect(readKeyFile(keyFile())).toEqual({ ...other, letter: 4 });
    rmSync(keyFile());
    expect(await boxOf().exchange()).toContain('letter 3 is an old one');
    expect(existsSync(keyFile())).toBe(false);
    expect(acknowledged).toEqual([4]);
  });

  test('whose power is cut between key and note takes nothing older either', async () => {
    letters = [await letterOf(other, 4)];
    await boxOf().exchange();
    writeBoxKey(boxKeyFile(), { ...openBoxKey(boxKeyFile()), letter: 0 });
    letters = [await letterOf(key, 3)];
    expect(await boxOf().exchange()).toContain('letter 3 is an old one');
    letters = [await letterOf(other, 4)];
    expect(await boxOf().exchange()).toBeUndefined();
    expect(readKeyFile(keyFile())).toEqual({ ...other, letter: 4 });
  });

  test('refuses what is not of its custodian, not for it, or not what it says it is, and tells it once', async () => {
    const { keeper, exchange } = boxOf();
    const wrong = [
      [await letterOf(key, 1, { author: newKeyPair('ed25519') }), 'expected key.custodian'],
      [await letterOf(key, 1, { detectorId: 'D2' }), 'for detector D2: expected D1'],
      [await letterOf(key, 1, { network: 'town' }), 'holds a key of network "city"'],
      [{ ...(await letterOf(key, 1)), sequence: 9 }, 'letter 1 came as letter 9'],
      [{ ...(await letterOf(key, 1)), body: new Uint8Array(50) }, 'letter'],
    ] as const;
    for (const [letter, message] of wrong) {
      letters = [letter];
      expect(await exchange()).toContain(message);
      expect(await exchange()).toBeUndefined();
    }
    expect(keeper.lack).toBeDefined();
    expect(existsSync(keyFile())).toBe(false);
    expect(acknowledged).toEqual([]);
  });

  test('says when the server fails, and goes on when it is back', async () => {
    const { taken, exchange } = boxOf();
    refusal = status.UNAVAILABLE;
    expect(await exchange()).toContain('the repository does not answer');
    refusal = undefined;
    letters = [await letterOf(key, 1)];
    expect(await exchange()).toBeUndefined();
    expect(taken).toEqual([1]);
  });

  test('that keeps its key in memory alone leaves the letter at the server, and takes it again after a restart', async () => {
    letters = [await letterOf(key, 5)];
    const first = boxOf('memory');
    for (let again = 0; again < 2; again++) expect(await first.exchange()).toBeUndefined();
    const second = boxOf('memory');
    expect(await second.exchange()).toBeUndefined();
    expect([first.taken, second.taken, acknowledged]).toEqual([[5], [5], []]);
    expect(existsSync(keyFile())).toBe(false);
    letters = [await letterOf(other, 4)];
    expect(await boxOf('memory').exchange()).toContain('letter 4 is an old one');
  });
});
