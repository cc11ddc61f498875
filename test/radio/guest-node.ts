import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Architecture, emulations } from './architecture.ts';

const run = promisify(execFile);

/** Node for a guest, of the version that the tests run on: their own, or for another processor the one that npm has, kept in the folder. */
export async function guestNode(architecture: Architecture, cache: string): Promise<string> {
  const { nodeName } = emulations[architecture];
  if (nodeName === process.arch) return process.execPath;
  const name = `node-linux-${nodeName}`;
  const node = join(cache, `${name}-${process.versions.node}`);
  if (!existsSync(node)) await fetchNode(`${name}@${process.versions.node}`, cache, node);
  return node;
}

async function fetchNode(package_: string, cache: string, node: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'unfinished-'));
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, package_]);
    await run('tar', ['-xzf', join(folder, stdout.trim()), '-C', folder, 'package/bin/node']);
    await rename(join(folder, 'package/bin/node'), node);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
