import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { openConfiguration } from '@tdc/shared/configuration-letter.ts';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { isSameChain, nextKey } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { formatKeyText, parseKeyText } from '@tdc/shared/key-text.ts';
import { openLetter } from '@tdc/shared/letter.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approve, forget } from './commands/boxes.ts';
import { configInit, configShow, configSign } from './commands/config.ts';
import { handOut } from './commands/hand-out.ts';
import { init } from './commands/init.ts';
import { replace } from './commands/replace.ts';
import { show } from './commands/show.ts';
import type { Context } from './context.ts';
import { openCustody } from './custody-folder.ts';

const dayMs = 86_400_000;
const passphrase = 'correct horse battery';
const box = newKeyPair('x25519');
const fingerprint = fingerprintOf('box', box.publicKey);

let folder: string;
let clock: ManualClock;
let out: string;
let err: string;
let context: Context;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-custodian-'));
  clock = new ManualClock(Date.UTC(2026, 5, 1, 12));
  [out, err] = ['', ''];
  const file = inFolder('passphrase');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  context = {
    folder: inFolder('custody'),
    passphrase: { file, stdin: process.stdin, stderr: process.stderr, signal: new AbortController().signal },
    clock,
    scryptCost: 2 ** 14,
    stdout: {
      write: (written) => {
        out += written;
      },
    },
    stderr: {
      write: (written) => {
        err += written;
      },
    },
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string) => join(folder, name);
const custody = async () => (await openCustody(context.folder, passphrase)).custody;
const begin = () => init(context, { network: 'city', timeZone: 'UTC' });

function requestsOf(...detectorIds: readonly string[]): string {
  const file = inFolder('requests.ndjson');
  const boxKey = Buffer.from(box.publicKey).toString('base64');
  const lines = detectorIds.map((detector_id) => JSON.stringify({ detector_id, box_key: boxKey, waits_for_key: true }));
  writeFileSync(file, lines.join('\n'));
  return file;
}

/** The keys in the letters that were written since the last call. */
async function keysHandedOut() {
  const { author } = await custody();
  const lines = out.split('\n').filter((line) => line.startsWith('{"detector_id"'));
  out = '';
  return Promise.all(
    lines.map(async (line) => {
      const { detector_id: detectorId, letter } = JSON.parse(line);
      const expected = { author: fingerprintOf('custodian', author.publicKey), detectorId, box };
      const opened = await openLetter(Buffer.from(letter, 'base64'), expected);
      return { detectorId, sequence: opened.sequence, key: parseKeyText(opened.text, 'the letter') };
    }),
  );
}

describe('a custody', () => {
  test('is closed to others, opens with its passphrase alone, and is not made twice', async () => {
    await begin();
    expect(statSync(context.folder).mode & 0o777).toBe(0o700);
    const file = join(context.folder, 'custody.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { key, author } = await custody();
    const written = readFileSync(file);
    for (const secret of [key.key, author.privateKey]) {
      expect(written.includes(Buffer.from(secret))).toBe(false);
      expect(written.includes(Buffer.from(secret).toString('base64').slice(0, 20))).toBe(false);
    }
    await expect(openCustody(context.folder, `${passphrase} `)).rejects.toThrow('the passphrase is another');
    await expect(begin()).rejects.toThrow('there is a custody');
    const damaged = written.toString().replace(/"sealed":"../, '"sealed":"AA');
    writeFileSync(file, damaged);
    await expect(custody()).rejects.toThrow('the file was changed');
    chmodSync(file, 0o644);
    await expect(custody()).rejects.toThrow('is open to others');
  });

  test('has the key of each day, as the boxes have it, and none of a day before', async () => {
    await begin();
    const { key: first } = await custody();
    await clock.advance(3 * dayMs);
    await show(context);
    const { key } = await custody();
    expect(key).toEqual({ ...first, epoch: first.epoch + 3, key: nextKey(nextKey(nextKey(first.key))) });
    expect(out).toContain(`key epoch    ${key.epoch}`);
    expect(out).not.toContain(Buffer.from(key.key).toString('base64').slice(0, 12));
  });

  test('takes over the key of a network that works already', async () => {
    const state = generateKey({ network: 'town', timeZone: 'Europe/Berlin', nowMs: clock.nowMs() });
    writeFileSync(inFolder('key.json'), formatKeyText({ ...state, letter: 7 }), { mode: 0o600 });
    await init(context, { keyFile: inFolder('key.json') });
    expect((await custody()).key).toEqual(state);
    // The boxes have had letters of the custodian before, and take none of a lower number.
    await approve(context, 'D1', fingerprint);
    await handOut(context, requestsOf('D1'));
    expect((await keysHandedOut())[0]?.sequence).toBe(1_000_008);
  });

  test('wants a name, a zone and a passphrase that is no word', async () => {
    await expect(init(context, { network: 'city' })).rejects.toThrow('--network and --time-zone: expected both');
    await expect(init(context, { network: '', timeZone: 'UTC' })).rejects.toThrow('expected 1 to 64 characters');
    await expect(init(context, { network: 'city', timeZone: 'Mars' })).rejects.toThrow('expected a zone');
    writeFileSync(inFolder('passphrase'), 'secret\n');
    await expect(begin()).rejects.toThrow('the passphrase has 6 characters: expected at least 12');
  });

  test('that two commands change at the same time is changed by one of them', async () => {
    await begin();
    const [one, two] = [await openCustody(context.folder, passphrase), await openCustody(context.folder, passphrase)];
    one.save({ ...one.custody, sequence: 1 });
    expect(() => two.save({ ...two.custody, sequence: 1 })).toThrow('changed by another tdc-custodian');
  });
});

describe('handing out', () => {
  test('goes to approved boxes alone, with rising numbers, and is on record', async () => {
    await begin();
    expect(await handOut(context, requestsOf('D1'))).toBe('some');
    expect([out.includes('letter'), err]).toEqual([
      false,
      expect.stringContaining(`tdc-custodian approve D1 ${fingerprint}`),
    ]);
    await approve(context, 'D1', fingerprint.toUpperCase().replaceAll('-', ' '));
    await approve(context, 'D2', fingerprintOf('box', newKeyPair('x25519').publicKey));
    expect(await handOut(context, requestsOf('D1', 'D2'))).toBe('some');
    expect(err).toContain(`D2: box key ${fingerprint} is not the approved`);
    const { key } = await custody();
    expect(await keysHandedOut()).toEqual([{ detectorId: 'D1', sequence: 1, key }]);
    expect(await handOut(context, requestsOf('D1'))).toBe('all');
    expect((await keysHandedOut()).map(({ sequence }) => sequence)).toEqual([2]);
    const list = readFileSync(join(context.folder, 'hand-outs.ndjson'), 'utf8').trim().split('\n');
    expect(list.map((line) => JSON.parse(line))).toEqual(
      [1, 2].map((letter) => ({
        time: '2026-06-01T12:00:00.000Z',
        detector_id: 'D1',
        box_key_fingerprint: fingerprint,
        epoch: key.epoch,
        letter,
        reason: null,
      })),
    );
  });

  test('of requests that are none says which line and field', async () => {
    await begin();
    writeFileSync(
      inFolder('requests.ndjson'),
      '{"detector_id":"D1","box_key":null}\n{"detector_id":"D1","box_key":"AAAA"}\n',
    );
    await expect(handOut(context, inFolder('requests.ndjson'))).rejects.toThrow('line 2: box_key: expected 32 bytes');
    await expect(handOut(context, inFolder('nothing'))).rejects.toThrow('cannot be read');
    await expect(approve(context, 'D1', 'abc')).rejects.toThrow('expected a fingerprint');
    await expect(approve(context, 'D 1', fingerprint)).rejects.toThrow('detector "D 1"');
    await expect(forget(context, 'D9')).rejects.toThrow('there is no box of "D9"');
  });
});

test('a replacement reaches every box that has had a letter, has nothing to do with the key before, and is all that is left after its time', async () => {
  await begin();
  for (const detectorId of ['D1', 'D2', 'D3']) await approve(context, detectorId, fingerprint);
  await handOut(context, requestsOf('D1', 'D3'));
  const before = (await custody()).key;
  await keysHandedOut();
  await forget(context, 'D3');
  await replace(context, { reason: 'D3 was stolen', in: '1h' });
  const [first, ...more] = await keysHandedOut();
  expect(more).toEqual([]);
  expect(first).toMatchObject({ detectorId: 'D1', sequence: 2, key: { key: before.key } });
  const replacement = first?.key.replacement;
  expect(replacement?.fromMs).toBe(clock.nowMs() + 3_600_000);
  expect(err).toContain('D2 has had no letter yet');
  // A box that asks meanwhile is told of both.
  await handOut(context, requestsOf('D2'));
  expect((await keysHandedOut())[0]?.key.replacement).toEqual(replacement);
  await clock.advance(3_600_000);
  await show(context);
  const { key } = await custody();
  expect(key).toEqual({
    network: 'city',
    timeZone: 'UTC',
    epoch: keyEpochsOf('UTC').at(clock.nowMs()),
    key: replacement?.key,
  });
  expect(isSameChain(before, key)).toBe(false);
  await expect(replace(context, { reason: ' ', in: '1h' })).rejects.toThrow('--reason');
  await expect(replace(context, { reason: 'x', in: '2d' })).rejects.toThrow('expected at most 1d');
});

describe('an author of configurations', () => {
  const settings = 'passage: {gap_seconds: 20}\n';
  const settingsFile = (text: string) => {
    writeFileSync(inFolder('settings.yaml'), text);
    return inFolder('settings.yaml');
  };
  const lettersOut = () => {
    const lines = out.split('\n').filter((line) => line.startsWith('{'));
    out = '';
    return lines.map((line) => JSON.parse(line));
  };

  test('signs settings with rising numbers, which the boxes open that trust it, and has a list of them', async () => {
    await configInit(context);
    const author = /config\.author of its boxes: (\S+)/.exec(out)?.[1] ?? '';
    out = '';
    await configSign(context, settingsFile(settings), ['D1', 'D2', 'D1']);
    const letters = lettersOut();
    expect(letters).toMatchObject([
      { detector_id: 'D1', kind: 'configuration', sequence: 1 },
      { detector_id: 'D2', kind: 'configuration', sequence: 1 },
    ]);
    const [first] = letters.map(({ letter }) => Buffer.from(letter, 'base64'));
    expect(openConfiguration(first ?? Buffer.of(), { author, detectorId: 'D1' })).toEqual({
      detectorId: 'D1',
      sequence: 1,
      signedAtMs: clock.nowMs(),
      text: settings,
    });
    expect(() => openConfiguration(first ?? Buffer.of(), { author, detectorId: 'D2' })).toThrow('expected D2');
    await configSign(context, settingsFile('# as given on the box\n'), ['D1']);
    expect(lettersOut()).toMatchObject([{ sequence: 2 }]);
    const list = readFileSync(join(context.folder, 'configurations.ndjson'), 'utf8').trim().split('\n');
    expect(list.map((line) => JSON.parse(line))).toMatchObject([
      { time: '2026-06-01T12:00:00.000Z', detector_id: 'D1', letter: 1, configuration: settings },
      { detector_id: 'D2', letter: 1 },
      { detector_id: 'D1', letter: 2, configuration: '# as given on the box\n' },
    ]);
    await configShow(context);
    expect(out).toBe(`author       ${author}\nlast letter  2\n`);
  });

  test('has no key of a network, is closed to others, and is not made twice', async () => {
    await configInit(context);
    const file = join(context.folder, 'config-author.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(configInit(context)).rejects.toThrow('there is a configuration author');
    await expect(handOut(context, requestsOf('D1'))).rejects.toThrow('make one with "tdc-custodian init"');
    writeFileSync(inFolder('passphrase'), 'another passphrase\n');
    await expect(configShow(context)).rejects.toThrow('the passphrase is another');
  });

  test('signs nothing that is no mapping, is too long, or is for nobody, and takes no number for it', async () => {
    await configInit(context);
    await expect(configSign(context, settingsFile('- a'), ['D1'])).rejects.toThrow('expected a mapping');
    await expect(configSign(context, settingsFile('a: {b: 1'), ['D1'])).rejects.toThrow('is not valid YAML');
    await expect(configSign(context, settingsFile(`# ${'x'.repeat(8191)}`), ['D1'])).rejects.toThrow('8193 bytes');
    await expect(configSign(context, settingsFile(settings), ['D 1'])).rejects.toThrow('detector "D 1"');
    await expect(configSign(context, inFolder('nothing'), ['D1'])).rejects.toThrow('cannot be read');
    out = '';
    await configSign(context, settingsFile(settings), ['D1']);
    expect(lettersOut()).toMatchObject([{ sequence: 1 }]);
  });
});

test('the passphrase is asked for on a terminal, is not shown there, and is not asked for elsewhere', async () => {
  const program = fileURLToPath(new URL('../bin/tdc-custodian.js', import.meta.url));
  const command = `${process.execPath} ${program} init --network city --time-zone UTC --folder ${context.folder}`;
  const env = { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env });
  let shown = '';
  let answers = 0;
  terminal.stdout.setEncoding('utf8').on('data', (part: string) => {
    shown += part;
    const questions = [...shown.matchAll(/passphrase: |again: /g)].length;
    for (; answers < questions; answers++) terminal.stdin.write(`${passphrase}\r`);
  });
  expect(await once(terminal, 'close')).toEqual([0, null]);
  expect(shown).toContain('made a custody for network "city"');
  expect(shown).not.toContain('horse');
  expect((await custody()).key.network).toBe('city');

  const alone = spawn(process.execPath, [program, 'show', '--folder', context.folder], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [message, [code]] = await Promise.all([text(alone.stderr), once(alone, 'close')]);
  expect([code, message]).toEqual([2, expect.stringContaining('give --passphrase-file')]);
});
