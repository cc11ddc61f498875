import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clockQualityOf, clockState } from './clock-state.ts';

test('the clock is synchronised as soon as the system says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-clock-'));
  const file = join(folder, 'synchronized');
  expect(clockState({ trust: false, file })).toBe('unsynchronised');
  writeFileSync(file, '');
  expect(clockState({ trust: false, file })).toBe('synchronised');
  rmSync(folder, { recursive: true });
});

test('the clock is trusted when the operator says so, whatever the system says', () => {
  expect(clockState({ trust: true, file: '/nowhere' })).toBe('trusted');
});

test('events say unsynchronised only when nobody vouches for the clock', () => {
  expect(clockQualityOf('unsynchronised')).toBe('unsynchronised');
  expect(clockQualityOf('synchronised')).toBe('synchronised');
  expect(clockQualityOf('trusted')).toBe('synchronised');
});
