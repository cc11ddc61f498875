import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** One member of a real etcd, for tests: its process can be killed, stopped and started again over the same data. */
export class EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly #commandLine: readonly string[];
  #process: ChildProcess | undefined;

  constructor(name: string, endpoint: string, commandLine: readonly string[]) {
    this.name = name;
    this.endpoint = endpoint;
    this.#commandLine = commandLine;
  }

  start(): void {
    const [program = '', ...args] = this.#commandLine;
    this.#process = spawn(program, args, { stdio: 'ignore' });
    // A machine without etcd is found out by waiting for it in vain.
    this.#process.on('error', () => {});
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
