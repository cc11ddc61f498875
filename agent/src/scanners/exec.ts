import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { lineBytesMax, parseExecLine } from './exec-line.ts';
import { Lines } from './lines.ts';
import { disorderMsMax, ReorderBuffer } from './reorder-buffer.ts';

export interface ExecOptions {
  /** The program and its arguments; no shell comes between. */
  readonly command: readonly [string, ...string[]];
  readonly clock: SteadyClock;
}

const tickMs = 500;
/** A program that has been told to end is ended after so long. */
const endMsMax = 5000;
/** What a program gets of the environment: not the agent's settings, nor what else may be in there. */
const environment = ['PATH', 'HOME', 'LANG', 'TZ'] as const;

/**
 * Scanner that runs any program which prints a sighting a line, as JSON. A program that prints faster than sightings are taken is held up by its
 * pipe. Its end is a failure: whoever supervises the scanner starts it again. What it writes to standard error goes nowhere, as nobody
 * knows what is in it.
 */
export class ExecScanner implements Scanner {
  readonly name = 'exec';
  readonly #options: ExecOptions;
  #malformed = 0;
  #lastMalformed = '';

  constructor(options: ExecOptions) {
    this.#options = options;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const { command, clock } = this.#options;
    const [program, ...args] = command;
    const env = Object.fromEntries(
      environment.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    );
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
    const ended = endOf(child, program);
    const buffer = new ReorderBuffer<Sighting>();
    const lines = new Lines(lineBytesMax);
    const bytes = () => nextChunk(child).then((chunk) => ({ type: 'bytes', chunk }) as const);
    const tick = () => clock.sleep(tickMs, signal).then(() => ({ type: 'tick' }) as const);
    const over = ended.promise.then((error) => ({ type: 'over', error }) as const);
    // What was not the first is waited for on: it must not be lost.
    let nextBytes: ReturnType<typeof bytes> | undefined;
    let nextTick: ReturnType<typeof tick> | undefined;
    try {
      for (;;) {
        nextBytes ??= bytes();
        nextTick ??= tick();
        const next = await Promise.race([nextBytes, over, nextTick]);
        signal.throwIfAborted();
        const nowMs = clock.nowMs();
        if (next.type === 'bytes') {
          for (const line of lines.of(next.chunk)) this.#take(line, buffer);
          nextBytes = undefined;
        } else if (next.type === 'tick') nextTick = undefined;
        yield { sightings: buffer.takeSettledBy(nowMs - disorderMsMax), watermarkMs: buffer.floorMs };
        if (next.type === 'over') throw next.error;
      }
    } finally {
      await end(child, ended.promise);
    }
  }

  #take(line: string | undefined, buffer: ReorderBuffer<Sighting>): void {
    const { clock } = this.#options;
    try {
      if (line === undefined) throw new InvalidInputError(`a line of more than ${lineBytesMax} bytes`);
      // The program has its times from the system's clock.
      const { sighting, ageMs } = parseExecLine(line, clock.systemMs());
      const timeMs = clock.nowMs() - ageMs;
      if (timeMs < clock.at(0)) throw new InvalidInputError('time: before the machine was booted');
      if (!buffer.add({ ...sighting, timeMs })) throw new InvalidInputError('time: more than two seconds out of order');
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.#malformed += 1;
      this.#lastMalformed = error.message;
    }
  }
}

/** What the program has printed since it was asked last; waits while there is nothing, for ever once there comes nothing more. */
async function nextChunk({ stdout }: ChildProcess): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = stdout?.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    await new Promise((resolve) => stdout?.once('readable', resolve));
  }
}

/** Resolves to how it ended, as an error: a program that hears devices does not end by itself. */
function endOf(child: ChildProcess, program: string): { readonly promise: Promise<Error> } {
  const { promise, resolve } = Promise.withResolvers<Error>();
  child.once('error', (error) =>
    resolve(new UnavailableError(`exec: ${program} cannot be run: ${codeOf(error)}`, { cause: error })),
  );
  child.once('close', (code, signal) =>
    resolve(new UnavailableError(`exec: ${program} ended (${signal ?? `code ${code}`})`)),
  );
  return { promise };
}

async function end(child: ChildProcess, ended: Promise<Error>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.stdout?.destroy();
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  await Promise.race([ended, once(child, 'exit')]);
  clearTimeout(late);
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
