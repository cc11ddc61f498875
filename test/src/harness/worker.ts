import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A worker under claims, as a process that can be killed, paused and started again. */
export class Worker implements AsyncDisposable {
  readonly name: string;
  readonly #commandLine: readonly string[];
  #child: ChildProcess;

  /** The script, which is beside this file, gets the name and the arguments; the command stands before all that, so that it runs elsewhere. */
  constructor(
    name: string,
    command: readonly string[],
    script: 'claim-worker.ts' | 'estimator-worker.ts',
    args: readonly string[],
  ) {
    this.name = name;
    const file = fileURLToPath(new URL(script, import.meta.url));
    this.#commandLine = [...command, process.execPath, file, name, ...args];
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const [program = '', ...args] = this.#commandLine;
    return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
