import { setTimeout as wait } from 'node:timers/promises';
import { until, within } from '../src/harness/until.ts';
import type { ControlReport, ControlRequest } from './guest/control-lines.ts';

export interface GuestExit {
  /** null when a signal ended it, or the machine. */
  readonly code: number | null;
  readonly signal: string | null;
}

const outputCharactersMax = 32 * 1024 * 1024;

/** A process in the guest. It goes on until it ends, is killed, or the machine is. Disposing kills it and all that it started. */
export class GuestProcess implements AsyncDisposable {
  readonly command: readonly string[];
  readonly #number: number;
  readonly #send: (request: ControlRequest) => void;
  readonly #exit = Promise.withResolvers<GuestExit>();
  #ended: GuestExit | undefined;
  #failure = '';
  #pid: number | undefined;
  readonly #output = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(number: number, command: readonly string[], send: (request: ControlRequest) => void) {
    this.#number = number;
    this.command = command;
    this.#send = send;
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** How it ended; undefined while it runs. */
  get ended(): GuestExit | undefined {
    return this.#ended;
  }

  /** Its number in the guest, once it runs; throws when it cannot be started. */
  async pid(): Promise<number> {
    return until(`the start of ${this.describe()}`, () => {
      if (this.#failure !== '') throw new Error(this.describe());
      return this.#pid;
    });
  }

  /** What the machine tells of this process. */
  take(report: ControlReport): void {
    if (report.type === 'stdout' || report.type === 'stderr') {
      const text = this.#decoders[report.type].decode(Buffer.from(report.base64, 'base64'), { stream: true });
      this.#output[report.type] = (this.#output[report.type] + text).slice(-outputCharactersMax);
    } else if (report.type === 'started') this.#pid = report.pid;
    else if (report.type === 'failed') {
      this.#failure = report.message;
      this.#end({ code: null, signal: null });
    } else if (report.type === 'ended') this.#end(report);
  }

  /** The machine is gone, and the process with it. */
  lose(): void {
    if (this.#ended !== undefined) return;
    this.#failure = 'the machine ended';
    this.#end({ code: null, signal: null });
  }

  write(text: string): void {
    this.#send({ do: 'input', process: this.#number, text });
  }

  endInput(): void {
    this.#send({ do: 'end-input', process: this.#number });
  }

  /** Sends a signal to the process and all that it started. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#ended === undefined) this.#send({ do: 'signal', process: this.#number, signal });
  }

  async exit(timeoutMs = 60_000): Promise<GuestExit> {
    return within(timeoutMs, `the end of ${this.command.join(' ')}`, this.#exit.promise).catch((error: Error) => {
      throw new Error(`${error.message}: ${this.describe()}`);
    });
  }

  /** Waits for the end and throws unless it is the expected one. */
  async exitsWith(code: number, timeoutMs = 60_000): Promise<this> {
    const exit = await this.exit(timeoutMs);
    if (exit.code !== code) throw new Error(`expected exit code ${code} of ${this.describe()}`);
    return this;
  }

  /** The first whole line of its output that the predicate takes. */
  async line(what: string, isWanted: (line: string) => boolean, timeoutMs = 60_000): Promise<string> {
    const found = () => this.lines().find(isWanted);
    return until(
      what,
      () => {
        const line = found();
        if (line === undefined && this.#ended !== undefined) throw new Error(`no ${what} of ${this.describe()}`);
        return line;
      },
      { timeoutMs },
    ).catch((error: Error) => {
      throw new Error(`${error.message}: ${this.describe()}`);
    });
  }

  /** The whole lines of its output. */
  lines(): readonly string[] {
    return this.stdout
      .slice(0, this.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
  }

  /** The objects on its output, one a line; other lines are passed over. */
  jsonLines(): readonly Record<string, unknown>[] {
    return this.lines()
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  describe(): string {
    const state = this.#ended === undefined ? 'running' : `ended ${JSON.stringify(this.#ended)} ${this.#failure}`;
    return `${this.command.join(' ')} (${state})\nstdout: ${this.stdout.slice(-2000)}\nstderr: ${this.stderr.slice(-2000)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await Promise.race([this.#exit.promise, wait(10_000, undefined, { ref: false })]);
  }

  #end(exit: GuestExit): void {
    this.#ended = { code: exit.code, signal: exit.signal };
    this.#exit.resolve(this.#ended);
  }
}
