import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Architecture } from '../../deploy/packages/package-kind.ts';
import { guestNode } from './guest-node.ts';

/** Files that a guest boots from. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
}

/** How the files of a guest are made. */
export interface ImageRecipe {
  readonly name: string;
  /** Absolute names of folders whose files it is made of; `build.sh` of the first makes it. */
  readonly folders: readonly [string, ...string[]];
  /** What is written to its system stays there for as long as there is the machine; else each boot begins anew. */
  readonly keepsSystem: boolean;
  readonly tools: GuestTools;
}

/** Where the programs of the tests are in a guest, and how they are run. */
export interface GuestTools {
  /** Node, apart from the processor that the agent is on. */
  readonly node: readonly string[];
  /** Folder of what is in `guest/`. */
  readonly scripts: string;
}

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Debian's programs of radios without a service manager: nothing runs but what a test starts. */
export const radioRecipe: ImageRecipe = {
  name: 'radio',
  folders: [folder('image')],
  keepsSystem: false,
  tools: { node: ['taskset', '-c', '1', 'node'], scripts: '/project/test/radio/guest' },
};

const cache = fileURLToPath(new URL('../../node_modules/.cache/tdc-radio', import.meta.url));
const run = promisify(execFile);

/**
 * The image of guests of this architecture: made once, in about a minute, and kept for as long as its recipe and Node stay as they are.
 * Needs root and Debian's packages to be made; throws an Error that says so.
 */
export async function guestImage(recipe: ImageRecipe, architecture: Architecture): Promise<GuestImage> {
  const folder = join(cache, `${recipe.name}-${architecture}-${await hashOf(recipe)}`);
  if (!existsSync(folder)) await make(recipe, architecture, folder);
  return { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd.img'), root: join(folder, 'root.img') };
}

async function hashOf({ folders }: ImageRecipe): Promise<string> {
  const hash = createHash('sha256').update(`${process.version}\0`);
  for (const folder of folders) {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.isFile()) hash.update(`${entry.name}\0`).update(await readFile(join(folder, entry.name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Beside its place first, so that half an image is never taken for one. */
async function make({ folders }: ImageRecipe, architecture: Architecture, folder: string): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error("the guest's image is not made yet, and only root can make it: run this once as root");
  await mkdir(cache, { recursive: true });
  const node = await guestNode(architecture, cache);
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await run(join(folders[0], 'build.sh'), [architecture, unfinished, node], { timeout: 1_800_000 }).catch((error) => {
      const end = `${error.stdout}\n${error.stderr}`.slice(-3000);
      throw new Error(`the guest's image could not be made (code ${error.code}):\n${end}`);
    });
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      // Another run made the same one meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
