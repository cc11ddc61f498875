import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files that a guest boots from. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
}

const recipe = fileURLToPath(new URL('image', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/tdc-radio', import.meta.url));

/**
 * The guest's image: made once, in about a minute, and kept for as long as its recipe and Node stay as they are. Needs root and Debian's
 * packages to be made; throws an Error that says so.
 */
export async function guestImage(): Promise<GuestImage> {
  const folder = join(cache, await recipeHash());
  if (!existsSync(folder)) await make(folder);
  return { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd.img'), root: join(folder, 'root.img') };
}

async function recipeHash(): Promise<string> {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\0`);
  for (const name of (await readdir(recipe)).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(recipe, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Beside its place first, so that half an image is never taken for one. */
async function make(folder: string): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error("the guest's image is not made yet, and only root can make it: run this once as root");
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    const built = spawnSync(join(recipe, 'build.sh'), [unfinished, process.execPath], {
      encoding: 'utf8',
      timeout: 600_000,
    });
    if (built.status !== 0) {
      const end = `${built.stdout}\n${built.stderr}`.slice(-3000);
      throw new Error(
        `the guest's image could not be made (${built.error?.message ?? `code ${built.status}`}):\n${end}`,
      );
    }
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      // Another run made the same one meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
