import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openStateDir, statePaths } from './state-dir.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-state-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a state folder is made with all above it, for its owner alone', () => {
  using state = openStateDir(join(folder, 'a/b/D1'));
  expect(statSync(state.paths.folder).mode & 0o777).toBe(0o700);
  expect(state.unlocked).toBeUndefined();
});

test('a state folder that others could read is closed to them', () => {
  chmodSync(folder, 0o755);
  using state = openStateDir(folder);
  expect(statSync(state.paths.folder).mode & 0o777).toBe(0o700);
});

test('a state folder belongs to one agent at a time', () => {
  {
    using _first = openStateDir(folder);
    expect(() => openStateDir(folder)).toThrow(PreconditionError);
    expect(() => openStateDir(folder)).toThrow(/in use by another tdc-agent/);
  }
  using next = openStateDir(folder);
  expect(next.unlocked).toBeUndefined();
});

test('a state folder is free again after its agent was killed', async () => {
  const program = `
    import { openStateDir } from ${JSON.stringify(new URL('./state-dir.ts', import.meta.url).href)};
    // Held, so that it is not collected and let go of.
    globalThis.held = openStateDir(${JSON.stringify(folder)});
    process.stdout.write('taken');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(() => openStateDir(folder)).toThrow(PreconditionError);
  child.kill('SIGKILL');
  await once(child, 'exit');
  using state = openStateDir(folder);
  expect(state.unlocked).toBeUndefined();
});

test('a state folder that cannot be made is told with its name', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => openStateDir(join(folder, 'file/D1'))).toThrow(UnavailableError);
  expect(() => openStateDir(join(folder, 'file/D1'))).toThrow(/cannot make the state folder .*file\/D1/);
});

test('a state folder whose name is too long for a socket is refused', () => {
  expect(() => statePaths(`/${'x'.repeat(93)}`)).toThrow(InvalidInputError);
  expect(() => statePaths(`/${'x'.repeat(93)}`)).toThrow(/has 105 bytes: expected at most 103/);
  expect(statePaths(`/${'x'.repeat(91)}`).socket).toHaveLength(103);
});
