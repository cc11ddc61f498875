/**
 * Checks the commands in the documentation: every `tdc`, `tdc-agent` and `tdc-server` in a shell block has subcommands and
 * flags that the program's own help knows, every npm script it names exists, and docs/configuration.md has every option.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const programs = new Map([
  ['tdc', 'server/bin/tdc.js'],
  ['tdc-server', 'server/bin/tdc-server.js'],
  ['tdc-agent', 'agent/bin/tdc-agent.js'],
  ['tdc-custodian', 'custodian/bin/tdc-custodian.js'],
]);

interface DocumentedCommand {
  readonly place: string;
  readonly words: readonly string[];
}

interface Help {
  readonly subcommands: ReadonlySet<string>;
  readonly flags: ReadonlySet<string>;
}

const helps = new Map<string, Help>();

function helpOf(program: string, path: readonly string[]): Help {
  const key = [program, ...path].join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const text = execFileSync(process.execPath, [join(root, programs.get(program) ?? ''), ...path, '--help'], {
    encoding: 'utf8',
  });
  const commands = text.split(/^Commands:$/m)[1]?.split(/^\S/m)[0] ?? '';
  const help = {
    subcommands: new Set([...commands.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? '')),
    flags: new Set([...text.matchAll(/(?<![\w-])--?[a-z][a-z0-9-]*/g)].map((match) => match[0])),
  };
  helps.set(key, help);
  return help;
}

function commandsOf(file: string): DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  const text = readFileSync(join(root, file), 'utf8');
  for (const block of text.matchAll(/^```(?:sh|bash|console)\n(.*?)^```/gms)) {
    const firstLine = text.slice(0, block.index).split('\n').length + 1;
    const lines = (block[1] ?? '').replaceAll('\\\n', '  ').split('\n');
    for (const [index, line] of lines.entries()) {
      for (const part of line
        .replace(/^\$ /, '')
        .replace(/(^|\s)#.*$/, '')
        .split(/\||&&|;|&(?=\s|$)/)) {
        const words = part
          .trim()
          .split(/\s+/)
          .filter((word, at, all) => !(at === 0 && /^[A-Z_]+=/.test(word)) && all.length > 0);
        if (words[0] === 'npx' || words[0] === 'sudo') words.shift();
        commands.push({ place: `${file}:${firstLine + index}`, words });
      }
    }
  }
  return commands;
}

function problemsOf({ place, words }: DocumentedCommand, scripts: ReadonlySet<string>): string[] {
  const [program = '', ...rest] = words;
  if (program === 'npm') {
    const script = rest[0] === 'run' ? rest.find((word) => !word.startsWith('-') && word !== 'run') : undefined;
    return script === undefined || scripts.has(script) ? [] : [`${place}: npm has no script ${script}`];
  }
  if (!programs.has(program)) return [];
  const path: string[] = [];
  const flags = new Set(helpOf(program, path).flags);
  for (const word of rest) {
    const { subcommands } = helpOf(program, path);
    if (subcommands.size === 0) break;
    if (word.startsWith('-')) continue;
    if (!subcommands.has(word)) {
      if (path.length === 0 && rest[0] === word) return [`${place}: ${program} has no command ${word}`];
      continue;
    }
    path.push(word);
    for (const flag of helpOf(program, path).flags) flags.add(flag);
  }
  return rest
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0] ?? '')
    .filter((flag) => !flags.has(flag))
    .map((flag) => `${place}: ${[program, ...path].join(' ')} has no flag ${flag}`);
}

function undocumentedOptions(): string[] {
  const file = 'docs/configuration.md';
  const text = readFileSync(join(root, file), 'utf8');
  return ['tdc-server', 'tdc-agent'].flatMap((program) => {
    const args = [join(root, programs.get(program) ?? ''), 'config', 'check', '--output', 'json'];
    const options: { option: string }[] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    const section = text.split(`## ${program}\n`)[1]?.split(/^## /m)[0] ?? '';
    return options
      .filter(({ option }) => !section.includes(`| \`${option}\` |`))
      .map(({ option }) => `${file}: nothing about ${option} of ${program}`);
  });
}

const packageJson: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const scripts = new Set(Object.keys(packageJson.scripts));
const files = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];
const commands = files.flatMap(commandsOf);
const problems = [...commands.flatMap((command) => problemsOf(command, scripts)), ...undocumentedOptions()];
for (const problem of problems) console.error(problem);
const checked = commands.filter(({ words }) => programs.has(words[0] ?? '') || words[0] === 'npm').length;
console.log(`${checked} documented commands checked in ${files.length} files, ${problems.length} wrong`);
if (problems.length > 0 || checked === 0) process.exit(1);
