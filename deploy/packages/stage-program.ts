import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fetchNode } from './node-binary.ts';
import { nodeArchitectures, type PackageKind, workspaceOf } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';
import { walk } from './walk.ts';

/** A program with all it needs to run on its architecture. */
export interface StagedProgram {
  /** Folder with the workspaces and node_modules. */
  readonly program: string;
  /** Folder with Node: `bin/node` and `LICENSE`. */
  readonly node: string;
}

/** What npm needs of the other workspaces to know the tree of dependencies. */
const manifests = [
  'package.json',
  'package-lock.json',
  'agent/package.json',
  'custodian/package.json',
  'server/package.json',
  'test/package.json',
];
/** Sources and descriptions in packages: Node runs no TypeScript under node_modules, and compiles nothing. */
const uselessEndings = new Set([
  '.ts',
  '.mts',
  '.cts',
  '.map',
  '.md',
  '.c',
  '.cc',
  '.cpp',
  '.h',
  '.hpp',
  '.gyp',
  '.gypi',
  '.flow',
]);
const uselessFolders = new Set([
  '@types',
  'node-addon-api',
  'node-gyp',
  'libusb',
  'test',
  'tests',
  '__tests__',
  'integration',
]);
const lockFiles = new Set(['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml']);

/** Installs the production dependencies of one program, as package-lock.json has them, without running any script. */
export function stageProgram(kind: PackageKind, folder: string): StagedProgram {
  const [program, node] = [join(folder, 'program'), join(folder, 'node')];
  for (const each of [program, node]) mkdirSync(each, { recursive: true });
  copySources(kind, program);
  const cpu = nodeArchitectures[kind.arch];
  const flags = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync(
    'npm',
    ['ci', ...flags, '--os=linux', `--cpu=${cpu}`, '--libc=glibc', '--workspace', workspaceOf(kind)],
    {
      cwd: program,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const others = manifests.map((file) => file.split('/')[0] ?? '').filter((each) => each !== workspaceOf(kind));
  for (const each of others) rmSync(join(program, each), { recursive: true });
  for (const [file] of walk(program)) {
    if (file.endsWith('.node') && !isFor(file, cpu)) rmSync(join(program, file));
  }
  removeUseless(join(program, 'node_modules'));
  setVersion(kind, join(program, workspaceOf(kind), 'package.json'));
  fetchNode(kind.arch, node);
  return { program, node };
}

/** The program says the version of its package. */
function setVersion({ version }: PackageKind, file: string): void {
  const manifest: object = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify({ ...manifest, version }, undefined, 2)}\n`);
}

/** What git knows of the program, or would take, with its present content; tests stay out. */
function copySources(kind: PackageKind, folder: string): void {
  const files = execFileSync(
    'git',
    [
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
      'proto',
      'shared',
      workspaceOf(kind),
      ...manifests,
    ],
    {
      cwd: repositoryRoot,
      encoding: 'utf8',
    },
  )
    .split('\0')
    .filter((file) => file !== '' && !/\.(test|contract|bench)\.ts$/.test(file));
  const archive = execFileSync('tar', ['-c', '--null', '-T', '-'], {
    cwd: repositoryRoot,
    input: [...new Set(files)].join('\0'),
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
}

/** Folders that are empty then go too. */
function removeUseless(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    const isUseless = entry.isDirectory() ? isUselessFolder(entry.name) : isUselessFile(entry.name);
    if (isUseless) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) removeUseless(path);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

const isUselessFolder = (name: string): boolean => name.startsWith('.') || uselessFolders.has(name);

const isUselessFile = (name: string): boolean =>
  name.startsWith('.') ||
  lockFiles.has(name) ||
  (uselessEndings.has(extname(name)) && !/^(licen[cs]e|notice)/i.test(name));

/** Whether a native addon is for Debian on this processor, by the names that packages give: `linux-x64.node`, `linux-arm64/a.armv8.node`. */
function isFor(file: string, cpu: string): boolean {
  return new RegExp(`(^|/)linux-${cpu}[./]`).test(file) && !file.includes('musl');
}
