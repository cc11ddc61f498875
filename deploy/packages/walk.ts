import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Everything in a folder, by its path in it and in that order; links are not followed. */
export function walk(folder: string, at = ''): readonly (readonly [string, Dirent])[] {
  return readdirSync(join(folder, at), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(at, entry.name);
      return [[path, entry] as const, ...(entry.isDirectory() ? walk(folder, path) : [])];
    });
}
