import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeyFile, generateKey } from '../key-file.ts';
import { checkKey } from './key.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);
const dayMs = 86_400_000;
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-key-'));
  file = join(folder, 'key.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const found = (at = nowMs) => checkKey(file, at).map(({ level, found: text, advice }) => ({ level, text, advice }))[0];
const leaveKey = () => createKeyFile(file, generateKey({ network: 'city', timeZone: 'UTC', nowMs }));

test('a key file that is there is told by its network and epoch, and nothing of the key is', () => {
  leaveKey();
  expect(found()).toMatchObject({ level: 'ok', text: expect.stringContaining('of network "city", epoch 20605') });
  const { key } = JSON.parse(readFileSync(file, 'utf8')) as { key: string };
  expect(JSON.stringify(checkKey(file, nowMs))).not.toContain(key);
});

test('a key of another time than now is a warning, except for one that has waited for days', () => {
  leaveKey();
  expect(found(nowMs + 30 * dayMs)?.level).toBe('ok');
  expect(found(nowMs - 2 * dayMs)?.level).toBe('warning');
  expect(found(nowMs + 500 * dayMs)?.level).toBe('warning');
});

test('a key file that is missing, damaged or open to others is a problem, with what to do', () => {
  expect(found()).toMatchObject({ level: 'problem', advice: expect.stringContaining('tdc-agent key generate') });
  leaveKey();
  chmodSync(file, 0o644);
  expect(found()).toMatchObject({ level: 'problem', text: expect.stringContaining('chmod 600') });
  writeFileSync(file, 'not a key');
  chmodSync(file, 0o600);
  expect(found()).toMatchObject({ level: 'problem', text: expect.stringContaining('not JSON') });
});
