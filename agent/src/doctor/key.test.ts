import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@tdc/shared/new-key.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBoxKey } from '../box-key-file.ts';
import { createKeyFile } from '../key-file.ts';
import type { KeyConfig } from '../key-options.ts';
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

const check = (at = nowMs, key: KeyConfig = { storage: 'file' }) =>
  checkKey({ file, boxKeyFile: join(folder, 'box-key.json'), key, nowMs: at });
const found = (at = nowMs) => check(at).map(({ level, found: text, advice }) => ({ level, text, advice }))[0];
const leaveKey = () => createKeyFile(file, generateKey({ network: 'city', timeZone: 'UTC', nowMs }));

test('a key file that is there is told by its network and epoch, and nothing of the key is', () => {
  leaveKey();
  expect(found()).toMatchObject({ level: 'ok', text: expect.stringContaining('of network "city", epoch 20605') });
  const { key } = JSON.parse(readFileSync(file, 'utf8')) as { key: string };
  expect(JSON.stringify(check())).not.toContain(key);
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

test('a box that waits for a letter tells the fingerprint of its own key, and what to do with it', () => {
  const custodian = '0000-1111-2222-3333-4444-5555';
  const first = () => check(nowMs, { custodian, storage: 'file' })[0];
  expect(first()).toMatchObject({ level: 'problem', found: expect.stringContaining('no key of its own yet') });
  const { fingerprint } = openBoxKey(join(folder, 'box-key.json'));
  expect(first()).toMatchObject({ level: 'problem', found: expect.stringContaining(fingerprint) });
  writeFileSync(join(folder, 'box-key.json'), '{}');
  expect(first()).toMatchObject({ level: 'problem', found: expect.stringContaining('is damaged') });
});

test('a key on disk is told of where it is to be in memory alone', () => {
  const memory = { custodian: '0000-1111-2222-3333-4444-5555', storage: 'memory' } as const;
  expect(check(nowMs, memory).map(({ level }) => level)).toEqual(['ok']);
  leaveKey();
  expect(check(nowMs, memory).map(({ level }) => level)).toEqual(['ok', 'warning']);
});
