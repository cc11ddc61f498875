import { readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { architectures, packageNames } from '../../deploy/packages/package-kind.ts';
import { walk } from '../../deploy/packages/walk.ts';
import { temporaryDirectory } from '../src/harness/temporary-directory.ts';
import { built, debName, firstVersion, maintainer } from './built-packages.ts';
import { outcomeOf } from './outcome.ts';

const build = join(import.meta.dirname, '../../deploy/packages/build.ts');
/** e_machine of an ELF header. */
const machines = { amd64: 62, arm64: 183 } as const;
const packages = packageNames.flatMap((name) => architectures.map((arch) => ({ name, arch })));
const addons = {
  'tdc-agent': ['better-sqlite3', 'bluetooth-hci-socket'],
  'tdc-server': ['better-sqlite3'],
  'tdc-custodian': [],
} as const;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

describe.each(packages)('$name for $arch', ({ name, arch }) => {
  let root: string;
  let files: readonly string[];
  beforeAll(async () => {
    root = join(directory.path, `${name}-${arch}`);
    await mkdir(root);
    expect(outcomeOf('dpkg-deb', ['-R', join(built, debName(name, firstVersion, arch)), root]).code).toBe(0);
    files = walk(root).flatMap(([path, entry]) => (entry.isFile() ? [path] : []));
  });

  test('has programs and addons for this architecture only, all that are needed', () => {
    const binaries = files.flatMap((path) => {
      const head = readFileSync(join(root, path)).subarray(0, 20);
      return head.subarray(0, 4).toString('latin1') === '\x7fELF' ? [{ path, machine: head.readUInt16LE(18) }] : [];
    });
    for (const { path, machine } of binaries) expect(machine, path).toBe(machines[arch]);
    const paths = binaries.map(({ path }) => path).join('\n');
    for (const each of [`usr/lib/${name}/node`, ...addons[name]]) expect(paths).toContain(each);
    expect(files.filter((path) => path.endsWith('.node') && !paths.includes(path))).toEqual([]);
  });

  test('has no development dependencies, no tests, and no TypeScript where Node would not run it', () => {
    const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    );
    const used = ['@grpc/grpc-js', '@tdc/shared'];
    for (const dependency of Object.keys(devDependencies).filter((each) => !used.includes(each))) {
      expect(
        files.some((path) => path.includes(`/node_modules/${dependency}/`)),
        dependency,
      ).toBe(false);
    }
    expect(files.filter((path) => /\.(test|contract|bench)\.ts$/.test(path))).toEqual([]);
    expect(files.filter((path) => /\/node_modules\/.*\.[cm]?ts$/.test(path))).toEqual([]);
    expect(files.some((path) => path.startsWith(`usr/lib/${name}/shared/src/`))).toBe(true);
    for (const other of packageNames.filter((each) => each !== name)) {
      expect(files.filter((path) => path.startsWith(`usr/lib/${name}/${other.slice(4)}/`))).toEqual([]);
    }
  });

  test.runIf(name === 'tdc-server')('has the console and its libraries', () => {
    for (const file of [
      ...['server/src/console/browser/main.ts', 'server/src/console/browser/console.css'],
      ...['lit-html/lit-html.js', 'uplot/dist/uPlot.esm.js'].map((each) => `node_modules/${each}`),
      ...['maplibre-gl.mjs', 'maplibre-gl-worker.mjs', 'maplibre-gl.css'].map(
        (each) => `node_modules/maplibre-gl/dist/${each}`,
      ),
    ]) {
      expect(files).toContain(`usr/lib/${name}/${file}`);
    }
  });

  test('says who answers for it, what it needs and what is inside, and holds its configuration back from upgrades', async () => {
    const control = await readFile(join(root, 'DEBIAN/control'), 'utf8');
    const identity = `Package: ${name}\nVersion: ${firstVersion}\nArchitecture: ${arch}\nMaintainer: ${maintainer}\n`;
    expect(control).toContain(identity);
    if (name !== 'tdc-custodian') {
      expect(await readFile(join(root, 'DEBIAN/conffiles'), 'utf8')).toBe(`/etc/tdc/${name.slice(4)}.yaml\n`);
    }
    const copyright = await readFile(join(root, `usr/share/doc/${name}/copyright`), 'utf8');
    for (const inside of ['Node.js', 'zod', ...addons[name]]) expect(copyright).toContain(inside);
    const sums = outcomeOf('sh', ['-c', 'cd "$0" && md5sum --quiet -c DEBIAN/md5sums', root]);
    expect(sums).toEqual({ code: 0, output: '' });
    expect((await readFile(join(root, 'DEBIAN/md5sums'), 'utf8')).trim().split('\n')).toHaveLength(
      files.filter((path) => !path.startsWith('DEBIAN/')).length,
    );
  });
});

test('the same sources make the same package, byte for byte', async () => {
  const name = debName('tdc-agent', firstVersion, 'arm64');
  const flags = ['--version', firstVersion, '--arch', 'arm64', '--package', 'tdc-agent', '--maintainer', maintainer];
  const { code, output } = outcomeOf(process.execPath, [build, '--out', directory.path, ...flags]);
  expect(code, output).toBe(0);
  expect((await readFile(join(directory.path, name))).equals(await readFile(join(built, name)))).toBe(true);
}, 600_000);

test.each([
  [['--package', 'tdc'], /--package tdc: expected tdc-agent or tdc-server or tdc-custodian/],
  [['--maintainer', 'nobody'], /--maintainer nobody: expected "Name <address>"/],
  [['--version', 'v1'], /--version v1: expected digits/],
])('wrong arguments %j are told', (args, words) => {
  const { code, output } = outcomeOf(process.execPath, [build, ...args]);
  expect(code).toBe(2);
  expect(output).toMatch(words);
});
