import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from './open.ts';

test('a commit is on the disk when it returns: write-ahead log, synchronised fully', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-open-'));
  const fullySynchronised = 2;
  using open = openDatabase(join(folder, 'tdc.sqlite'));
  expect(open.database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(open.database.pragma('synchronous', { simple: true })).toBe(fullySynchronised);
  expect(open.database.pragma('foreign_keys', { simple: true })).toBe(1);
  rmSync(folder, { recursive: true });
});
