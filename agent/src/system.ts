import { type ExecFileException, execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the checks see of a machine. Paths are absolute, such as `/sys/class/net`. What cannot be read is taken for not there. */
export interface System {
  /** Where a path of the machine is. */
  path(path: string): string;
  /** Names in a folder, sorted; none where there is no folder. */
  list(path: string): readonly string[];
  /** Text of a file without blanks around it; undefined where there is none. */
  text(path: string): string | undefined;
  /** When a file was last changed, Unix milliseconds; undefined where there is none. */
  changedMs(path: string): number | undefined;
  /** Where a program is: looked for in the search path, unless its name has a slash. Undefined when it is not there or cannot be run. */
  program(name: string): string | undefined;
  /** What a program prints; undefined when it is not there, fails, or takes longer than ten seconds. */
  output(name: string, args: readonly string[]): Promise<string | undefined>;
  /** Runs a program for what it does; it has as long. */
  run(name: string, args: readonly string[]): Promise<ProgramRun>;
}

/** `problem`: why it did not do it, in its own words or ours; one line. */
export type ProgramRun = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export interface SystemOptions {
  /** Folder that stands for `/`. */
  readonly root: string;
  /** Folders that programs are looked for in, separated by colons. */
  readonly searchPath: string;
}

const outputMsMax = 10_000;
const outputBytesMax = 4 * 1024 * 1024;
const problemLengthMax = 200;

export function systemAt({ root, searchPath }: SystemOptions): System {
  const path = (each: string) => join(root, each);
  const program = (name: string) => {
    if (name.includes('/')) return isExecutable(path(name)) ? path(name) : undefined;
    return searchPath
      .split(':')
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, name))
      .find(isExecutable);
  };
  return {
    path,
    list: (each) => (readOrUndefined(() => readdirSync(path(each))) ?? []).toSorted(),
    text: (each) => readOrUndefined(() => readFileSync(path(each), 'utf8'))?.trim(),
    changedMs: (each) => readOrUndefined(() => statSync(path(each)).mtimeMs),
    program,
    output: async (name, args) => {
      const file = program(name);
      if (file === undefined) return undefined;
      const { error, stdout } = await execute(file, args, searchPath);
      return error === null ? stdout : undefined;
    },
    run: async (name, args) => {
      const file = program(name);
      if (file === undefined) return { ok: false, problem: `${name} is not in PATH` };
      const { error, stderr } = await execute(file, args, searchPath);
      return error === null ? { ok: true } : { ok: false, problem: problemOf(name, error, stderr) };
    },
  };
}

interface Execution {
  readonly error: ExecFileException | null;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(file: string, args: readonly string[], searchPath: string): Promise<Execution> {
  const options = { timeout: outputMsMax, maxBuffer: outputBytesMax, env: { PATH: searchPath, LC_ALL: 'C' } };
  return new Promise((resolve) => {
    execFile(file, [...args], options, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
  });
}

function problemOf(name: string, error: ExecFileException, stderr: string): string {
  if (error.killed === true) return `${name} did not end within ${outputMsMax / 1000} s`;
  const said = stderr.trim().split('\n').at(-1)?.slice(0, problemLengthMax) ?? '';
  return `${name}: ${said || `ended with ${error.signal ?? `code ${error.code}`}`}`;
}

function isExecutable(file: string): boolean {
  return readOrUndefined(() => accessSync(file, constants.X_OK) ?? true) ?? false;
}

function readOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    // The system's own errors: for a diagnosis, what may not be read is as good as not there.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
