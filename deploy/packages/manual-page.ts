import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type PackageKind, workspaceOf } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';

/** The manual page of a program: what it says of itself, in roff, and where its documents are. */
export function manualPage(kind: PackageKind, program: string, section: number, summary: string): string {
  const script = join(repositoryRoot, workspaceOf(kind), 'bin', `${program}.js`);
  const help = execFileSync(process.execPath, [script, '--help'], { encoding: 'utf8' });
  const date = new Date(kind.timeSeconds * 1000).toISOString().slice(0, 10);
  return [
    `.TH ${program.toUpperCase()} ${section} "${date}" "tdc ${kind.version}"`,
    '.SH NAME',
    `${program} \\- ${roff(summary)}`,
    '.SH DESCRIPTION',
    '.nf',
    ...help.trim().split('\n').map(roff),
    '.fi',
    `\\&"${program} COMMAND \\-\\-help" tells the options of a command.`,
    '.SH SEE ALSO',
    `/usr/share/doc/${kind.name}`,
    '',
  ].join('\n');
}

/** A line as it is to be read: a dot or an apostrophe at its begin would be a request. */
const roff = (line: string): string =>
  line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
