import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDisk } from './disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const mib = 1024 * 1024;
function found(stateDir: string, { outboxBytesMax = mib, syncMs = 3 } = {}) {
  let nowMs = 0;
  // Asked before and after the file is written.
  const monotonicMs = () => {
    nowMs += syncMs;
    return nowMs;
  };
  return checkDisk({ stateDir, outboxBytesMax, monotonicMs }).map(({ level, found: text }) => `${level}: ${text}`);
}

describe('a state folder', () => {
  test('that takes files and has room is well, and is left as it was', () => {
    const [written, space] = found(folder);
    expect(written).toBe(`ok: ${folder} takes and syncs a file, in 3 ms`);
    expect(space).toMatch(/^ok: \d+ MiB free, a full outbox takes 25 MiB more$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that is not there yet is judged by the folder above, and not made', () => {
    expect(found(join(folder, 'a/b'))[0]).toBe(
      `ok: ${folder}, where ${join(folder, 'a/b')} will be takes and syncs a file, in 3 ms`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whose disk is slow is a warning', () => {
    expect(found(folder, { syncMs: 900 })[0]).toMatch(/^warning: .* in 900 ms$/);
  });

  test('without room for a full outbox is a warning', () => {
    expect(found(folder, { outboxBytesMax: 2 ** 60 })[1]).toMatch(/^warning: \d+ MiB free/);
  });

  test('that takes no files is a problem, and says why', () => {
    expect(found('/proc')).toEqual([expect.stringMatching(/^problem: \/proc takes no file: E/)]);
  });

  test.runIf(process.getuid?.() === 0)('on a small file system in memory has two things wrong with it', () => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      expect(found(mount).slice(1)).toEqual([
        'problem: 1 MiB free, a full outbox takes 25 MiB more',
        `warning: ${mount} is in memory: a power cut loses what was not sent`,
      ]);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});
