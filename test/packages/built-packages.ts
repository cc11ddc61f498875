import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

/** What prepare.sh has built: version 0.1.0 of all, and of the agent for amd64 a later one. */
export const built = join(import.meta.dirname, '../../node_modules/.cache/tdc-packages/debs');
export const firstVersion = '0.1.0';
export const laterVersion = '0.2.0';
export const maintainer = 'tests of tdc <tests@tdc.invalid>';

export const debName = (name: string, version: string, arch: 'amd64' | 'arm64'): string =>
  `${name}_${version}_${arch}.deb`;

export function copyBuilt(folder: string, ...names: readonly string[]): void {
  for (const name of names) copyFileSync(join(built, name), join(folder, name));
}
