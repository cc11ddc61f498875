import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until, within } from './until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const scripts = {
  'tdc-agent': 'agent/bin/tdc-agent.js',
  'tdc-server': 'server/bin/tdc-server.js',
  tdc: 'server/bin/tdc.js',
  'tdc-custodian': 'custodian/bin/tdc-custodian.js',
  'bluetooth-adapter': 'test/radio/guest/bluetooth/adapter.ts',
} as const;

export type ProgramName = keyof typeof scripts;

export interface Exit {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** Home and working directory: what a program writes without being told where ends up in here. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Its input stays open after that, for `write`. */
  readonly keepsInput?: boolean;
  /** What stands before the program and its arguments, such as what runs it in a network namespace. */
  readonly command?: readonly string[];
}

/** One of the project's programs as a process of its own. Disposing kills it. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #commandLine: string;
  readonly #exit: Promise<Exit>;
  #ended: Exit | undefined;
  #stdout = '';
  #stderr = '';

  constructor(name: ProgramName, args: readonly string[], options: ProgramOptions) {
    const { directory, env = {}, stdin = '', keepsInput = false, command = [] } = options;
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    this.#commandLine = [name, ...args].join(' ');
    const [program = '', ...rest] = [...command, process.execPath, `${root}/${scripts[name]}`, ...args];
    this.#child = spawn(program, rest, {
      cwd: directory,
      env: { PATH, NODE_COMPILE_CACHE, HOME: directory, NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // A program that ended before it read its input is judged by its exit code.
    this.#child.stdin?.on('error', () => {});
    this.write(stdin);
    if (!keepsInput) this.#child.stdin?.end();
    this.#exit = once(this.#child, 'close').then(([code, signal]) => {
      this.#ended = { code, signal } as Exit;
      return this.#ended;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** How it ended; undefined while it runs. */
  get ended(): Exit | undefined {
    return this.#ended;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exit(timeoutMs = 60_000): Promise<Exit> {
    return within(timeoutMs, `the end of ${this.describe()}`, this.#exit);
  }

  /** Waits for the end and throws unless it is the expected one. */
  async exitsWith(code: number, timeoutMs = 60_000): Promise<this> {
    const exit = await this.exit(timeoutMs);
    if (exit.code !== code) throw new Error(`expected exit code ${code} of ${this.describe()}`);
    return this;
  }

  /** The first object on a line of stdout that the predicate takes. */
  async jsonLine(what: string, isWanted: (line: Record<string, unknown>) => boolean, timeoutMs = 30_000) {
    return until(
      `${what} of ${this.#commandLine}`,
      () => {
        const found = this.jsonLines().find(isWanted);
        if (found === undefined && this.#ended !== undefined) throw new Error(`no ${what} of ${this.describe()}`);
        return found;
      },
      { timeoutMs },
    );
  }

  /** The objects on stdout, one a line; other lines are passed over. */
  jsonLines(): readonly Record<string, unknown>[] {
    return this.#stdout
      .slice(0, this.#stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  describe(): string {
    const state = this.#ended === undefined ? 'running' : `ended ${JSON.stringify(this.#ended)}`;
    return `${this.#commandLine} (${state})\nstdout: ${this.#stdout.slice(-2000)}\nstderr: ${this.#stderr.slice(-2000)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

/** Runs a program to its end, whatever that is. */
export async function runProgram(name: ProgramName, args: readonly string[], options: ProgramOptions) {
  await using program = new Program(name, args, options);
  const exit = await program.exit();
  return { ...exit, stdout: program.stdout, stderr: program.stderr, describe: () => program.describe() };
}
