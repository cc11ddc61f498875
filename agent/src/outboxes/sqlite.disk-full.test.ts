import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, test } from 'vitest';

const program = fileURLToPath(new URL('./full-disk.ts', import.meta.url));
let folder: string;
let disk: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-disk-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Runs a scenario on a file system of 32 MiB in a mount namespace of its own, which goes with the process: ext4 in a file
 * as root, and otherwise a tmpfs.
 */
function onSmallDisk(scenario: string): void {
  const isRoot = process.getuid?.() === 0;
  const image = join(folder, 'image');
  if (isRoot) {
    writeFileSync(image, '');
    truncateSync(image, 32 * 1024 * 1024);
  }
  const mount = isRoot ? 'mkfs.ext4 -q -m 0 "$1" && mount -o loop "$1" "$2"' : 'mount -t tmpfs -o size=32m none "$2"';
  const script = `${mount} && exec "$3" "$4" "$5" "$2"`;
  const args = [isRoot ? '-m' : '-Urm', 'sh', '-c', script, 'sh', image, disk, process.execPath, program, scenario];
  execFileSync('sh', ['-c', 'exec unshare "$@"', 'sh', ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
}

test('a full disk takes nothing more, keeps what it has, and is not taken for a damaged file', () => {
  onSmallDisk('keepsWhatItHas');
});

test('a disk that the outbox itself has filled is drained, and takes events again', () => {
  onSmallDisk('isDrainedAndTakesEventsAgain');
});

test('a disk that events have filled which waited for the clock is drained as well', () => {
  onSmallDisk('isDrainedOfWhatWaited');
});

test('a disk that something else has filled takes events again as soon as there is room', () => {
  onSmallDisk('takesEventsAgainWhenThereIsRoom');
});

test('a disk that is read-only makes the outbox unavailable, and it is back when the disk is', () => {
  onSmallDisk('isUnavailableWhileItsDiskIsReadOnly');
});
