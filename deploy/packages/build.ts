/**
 * Builds Debian packages: `npm run package`, with `-- --help` for what there is. One machine builds those of all architectures, with npm's registry and
 * dpkg-deb; what is in the working tree and known to git goes in. Two builds of the same are the same, byte for byte.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTree } from './build-tree.ts';
import { packDeb } from './pack-deb.ts';
import { type Architecture, architectures, isArchitecture, isPackageName, packageNames } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';
import { stageProgram } from './stage-program.ts';

const usage = `npm run package -- [options]
  --package <name>   ${packageNames.join(' or ')}; more than once; by default all
  --arch <name>      ${architectures.join(' or ')}; more than once; by default both
  --version <text>   of the packages; by default that of package.json
  --maintainer <who> "Name <address>" of who answers for them; by default $DEBFULLNAME and $DEBEMAIL, else that nobody was named
  --out <folder>     where they go; by default dist
`;

function fail(problem: string): never {
  process.stderr.write(`package: ${problem}\n${usage}`);
  process.exit(2);
}

function chosen<Name extends string>(
  flag: string,
  given: readonly string[] | undefined,
  all: readonly Name[],
  isOne: (text: string) => text is Name,
): readonly Name[] {
  return given?.map((text) => (isOne(text) ? text : fail(`${flag} ${text}: expected ${all.join(' or ')}`))) ?? all;
}

function options() {
  try {
    return parseArgs({
      options: {
        package: { type: 'string', multiple: true },
        arch: { type: 'string', multiple: true },
        version: { type: 'string' },
        maintainer: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Of the last commit, so that the same sources make the same package. */
function sourceTimeSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct');
  if (!/^\d{1,10}$/.test(given)) fail(`SOURCE_DATE_EPOCH ${given}: expected seconds`);
  return Number(given);
}

/** Who answers for the packages: whoever builds and hands them out, and nobody who was made up. */
function maintainerOf(given: string | undefined): string {
  const { DEBFULLNAME: name, DEBEMAIL: address } = process.env;
  const maintainer = given ?? (name !== undefined && address !== undefined ? `${name} <${address}>` : undefined);
  if (maintainer === undefined) {
    process.stderr.write('package: no maintainer was named (--maintainer): the packages say so\n');
    return 'nobody was named <nobody@tdc.invalid>';
  }
  if (!/^[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>$/.test(maintainer))
    fail(`--maintainer ${maintainer}: expected "Name <address>"`);
  return maintainer;
}

const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' }).trim();

const values = options();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const names = chosen('--package', values.package, packageNames, isPackageName);
const archs: readonly Architecture[] = chosen('--arch', values.arch, architectures, isArchitecture);
const packageJson: { version: string } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
const version = values.version ?? packageJson.version;
if (!/^\d[A-Za-z0-9.+~]*$/.test(version)) fail(`--version ${version}: expected digits, letters, '.', '+' and '~'`);
const timeSeconds = sourceTimeSeconds();
const maintainer = maintainerOf(values.maintainer);
const out = resolve(values.out ?? 'dist');
mkdirSync(out, { recursive: true });
process.umask(0o022);

for (const arch of archs) {
  for (const name of names) {
    const work = mkdtempSync(join(tmpdir(), 'tdc-package-'));
    try {
      const kind = { name, arch, version, maintainer, timeSeconds };
      const staged = stageProgram(kind, join(work, 'staged'));
      const file = packDeb(kind, buildTree(kind, staged, join(work, 'tree')), out);
      console.log(`${file} ${(statSync(file).size / 1e6).toFixed(1)} MB`);
    } finally {
      rmSync(work, { recursive: true });
    }
  }
}
