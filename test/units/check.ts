/**
 * Checks the units in systemd/: how exposed they leave the machine at most, whether systemd takes them, and whether the agent's allows what
 * was recorded of it (test/units/record.ts).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressFamiliesFile, filesFile, systemCallsFile } from './access.ts';

const systemd = join(import.meta.dirname, '../../systemd');
/** Tenths of what `systemd-analyze security` gives, 0 to 100. */
const exposureMax = { 'tdc-agent': 23, 'tdc-enrol': 20, 'tdc-server': 15 } as const;

const problems: string[] = [];

function analyze(args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { error, status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  if (error !== undefined) {
    console.error(`systemd-analyze cannot be run (${error.message}): install Debian's package systemd`);
    process.exit(2);
  }
  return { ok: status === 0, text: `${stdout}${stderr}` };
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n');

function checkExposure(name: keyof typeof exposureMax): void {
  const threshold = exposureMax[name];
  const unit = join(systemd, `${name}.service`);
  const { ok, text } = analyze(['security', '--offline=true', '--no-pager', `--threshold=${threshold}`, unit]);
  console.log(text.trim().split('\n').at(-1));
  if (!ok) problems.push(`${name}.service: more exposed than ${threshold / 10}\n${text}`);
}

/** With a program in the place of the one that the package brings. */
function checkSyntax(name: string, folder: string): void {
  const unit = join(folder, `${name}.service`);
  const text = readFileSync(join(systemd, `${name}.service`), 'utf8');
  writeFileSync(unit, text.replace(/^ExecStart=\/usr\/lib\/\S+/gm, 'ExecStart=/bin/true'));
  const { ok, text: said } = analyze(['verify', '--man=no', unit]);
  if (!ok || said !== '') problems.push(`${name}.service: ${said}`);
}

/** The calls that `SystemCallFilter=` lets through: lines add, and take away with `~`. */
function allowedCalls(unit: string): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const [, away, names = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const call of names.split(/\s+/).flatMap(membersOf)) {
      if (away) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

function membersOf(name: string): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const { text } = analyze(['syscall-filter', '--no-pager', name]);
  const members = text.split('\n').flatMap((line) => /^ {4}([@\w-]+)$/.exec(line)?.[1] ?? []);
  return members.flatMap(membersOf);
}

const under = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const writable = ['/var/lib/tdc-agent', '/var/cache/tdc-agent', '/tmp', '/dev/null'];
/** ProtectHome, PrivateDevices. */
const hidden = ['/home', '/root', '/run/user', '/dev'];
const devices = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty'];

function checkRecorded(unit: string): void {
  const allowed = allowedCalls(unit);
  const refused = linesOf(systemCallsFile).filter((call) => !allowed.has(call));
  if (refused.length > 0) problems.push(`tdc-agent.service: SystemCallFilter refuses ${refused.join(', ')}`);
  const families = /^RestrictAddressFamilies=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  const closed = linesOf(addressFamiliesFile).filter((family) => !families.includes(family));
  if (closed.length > 0) problems.push(`tdc-agent.service: RestrictAddressFamilies refuses ${closed.join(', ')}`);
  for (const line of linesOf(filesFile)) {
    const [mode = '', path = ''] = line.split(' ');
    const isHidden = hidden.some((folder) => under(path, folder)) && !devices.includes(path);
    if (isHidden || (mode === 'write' && !writable.some((folder) => under(path, folder)))) {
      problems.push(`tdc-agent.service: does not allow to ${line}`);
    }
  }
  console.log(`${linesOf(systemCallsFile).length} recorded system calls of ${allowed.size} allowed ones`);
}

const folder = mkdtempSync(join(tmpdir(), 'tdc-units-'));
for (const name of ['tdc-agent', 'tdc-enrol', 'tdc-server'] as const) {
  checkExposure(name);
  checkSyntax(name, folder);
}
checkRecorded(readFileSync(join(systemd, 'tdc-agent.service'), 'utf8'));
rmSync(folder, { recursive: true });
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
