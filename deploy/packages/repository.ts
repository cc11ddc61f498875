/**
 * Makes a signed repository of packages that apt takes: `npm run package:repository -- --key KEY [--out FOLDER] PACKAGE.deb...`. The folder is one to
 * be served as it is, over https or from a disk; packages that are in it already stay, so that boxes can go back.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { architectures, packageNames } from './package-kind.ts';
import { publish } from './publish.ts';

const usage = `npm run package:repository -- --key <key> [options] <package.deb>...
  --key <key>        whose signature it gets: fingerprint or address of a secret key of gpg (GNUPGHOME says whose keys)
  --out <folder>     the repository; by default dist/repository
  --suite <name>     such as stable, or canary for the boxes that try it first; by default stable
  --valid-days <n>   apt refuses it after so many days without a new signature; by default 90
`;

function fail(problem: string): never {
  process.stderr.write(`package:repository: ${problem}\n${usage}`);
  process.exit(2);
}

function given() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        out: { type: 'string' },
        suite: { type: 'string' },
        'valid-days': { type: 'string' },
      },
    });
    return { ...values, files: positionals };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { key, out = 'dist/repository', suite = 'stable', 'valid-days': days = '90', files } = given();
if (key === undefined) fail('--key is missing: without a signature apt takes nothing');
if (!/^[a-z][a-z0-9-]*$/.test(suite)) fail(`--suite ${suite}: expected small letters, digits and '-'`);
if (!/^[1-9]\d{0,3}$/.test(days)) fail(`--valid-days ${days}: expected a number of days`);
const folder = resolve(out);
for (const file of files) {
  const name = basename(file);
  const [, packageName] = /^([a-z-]+)_[^_]+_(?:arm64|amd64)\.deb$/.exec(name) ?? [];
  const known = packageNames.find((each) => each === packageName);
  if (known === undefined)
    fail(`${file}: expected ${packageNames.join(' or ')}_VERSION_(${architectures.join('|')}).deb`);
  const pool = join(folder, 'pool', known);
  mkdirSync(pool, { recursive: true });
  copyFileSync(file, join(pool, name));
}
publish({ folder, suite, key, validDays: Number(days), nowMs: Date.now() });
console.log(`${folder} is signed as ${suite}`);
