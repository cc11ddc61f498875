import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchNode } from '../../deploy/packages/node-binary.ts';
import { type Architecture, nodeArchitectures } from '../../deploy/packages/package-kind.ts';

/** Node for a guest: that of the tests, or for another processor the pinned one as npm has it, kept in the folder. */
export async function guestNode(architecture: Architecture, cache: string): Promise<string> {
  const nodeName = nodeArchitectures[architecture];
  if (nodeName === process.arch) return process.execPath;
  const node = join(cache, `node-linux-${nodeName}-${process.versions.node}`);
  if (existsSync(node)) return node;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'unfinished-'));
  try {
    fetchNode(architecture, folder);
    await rename(join(folder, 'bin/node'), node);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return node;
}
