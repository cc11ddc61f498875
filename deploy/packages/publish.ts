import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { architectures } from './package-kind.ts';

export interface Publication {
  /** `pool` with the packages is in it, and `dists` comes into it. */
  readonly folder: string;
  readonly suite: string;
  readonly key: string;
  readonly validDays: number;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const bytesMax = 2 ** 26;

/**
 * Lists what is in the pool and signs the list. The new list takes the place of the old in one step each for what apt reads first: who asks
 * meanwhile gets the old, or an error and the new at the next time.
 */
export function publish({ folder, suite, key, validDays, nowMs }: Publication): void {
  const dist = `dists/${suite}`;
  const next = join(folder, `${dist}.new`);
  rmSync(next, { recursive: true, force: true });
  for (const arch of architectures) {
    const binary = join(next, 'main', `binary-${arch}`);
    mkdirSync(binary, { recursive: true });
    const packages = archive(folder, '--arch', arch, 'packages', 'pool');
    writeFileSync(join(binary, 'Packages'), packages);
    writeFileSync(join(binary, 'Packages.gz'), gzipSync(packages, { level: 9 }));
  }
  const said = {
    Origin: 'tdc',
    Label: 'tdc',
    Suite: suite,
    Codename: suite,
    Architectures: architectures.join(' '),
    Components: 'main',
    Description: 'tdc, the open travel-time network',
  };
  const flags = Object.entries(said).flatMap(([name, value]) => ['-o', `APT::FTPArchive::Release::${name}=${value}`]);
  const checksums = ['MD5', 'SHA1'].flatMap((name) => ['-o', `APT::FTPArchive::Release::${name}=false`]);
  const release = archive(next, ...flags, ...checksums, 'release', '.');
  const validUntil = new Date(nowMs + validDays * dayMs).toUTCString().replace('GMT', 'UTC');
  writeFileSync(join(next, 'Release'), `Valid-Until: ${validUntil}\n${release}`);
  sign(key, '--clearsign', join(next, 'Release'), join(next, 'InRelease'));
  sign(key, '--detach-sign', join(next, 'Release'), join(next, 'Release.gpg'));
  rmSync(join(folder, dist), { recursive: true, force: true });
  renameSync(next, join(folder, dist));
}

const archive = (folder: string, ...args: readonly string[]): string =>
  execFileSync('apt-ftparchive', [...args], { cwd: folder, encoding: 'utf8', maxBuffer: bytesMax });

function sign(key: string, how: '--clearsign' | '--detach-sign', file: string, to: string): void {
  const flags = ['--batch', '--yes', '--armor', '--digest-algo', 'SHA512', '--local-user', key];
  execFileSync('gpg', [...flags, '--output', to, how, file], { stdio: ['ignore', 'ignore', 'inherit'] });
}
