import { spawn } from 'node:child_process';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { type ChildEnd, endChild, newsOf } from './child-news.ts';
import { lineBytesMax, parseExecLine } from './exec-line.ts';
import { Lines } from './lines.ts';
import { ReorderBuffer } from './reorder-buffer.ts';

export interface ExecOptions {
  /** The program and its arguments; no shell comes between. */
  readonly command: readonly [string, ...string[]];
  readonly clock: SteadyClock;
}

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
    const buffer = new ReorderBuffer<Sighting>();
    const lines = new Lines(lineBytesMax);
    try {
      for await (const news of newsOf(child, child.stdout, clock, signal)) {
        if (news.type === 'bytes') for (const line of lines.of(news.chunk)) this.#take(line, buffer);
        else if (news.type === 'tick') buffer.tick(clock.nowMs());
        yield { sightings: buffer.takeSettled(), watermarkMs: buffer.floorMs };
        if (news.type === 'over') throw failureOf(program, news.end);
      }
    } finally {
      child.stdout.destroy();
      await endChild(child, () => child.kill('SIGTERM'), endMsMax);
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

/** A program that hears devices does not end by itself. */
function failureOf(program: string, end: ChildEnd): UnavailableError {
  if ('how' in end) return new UnavailableError(`exec: ${program} ended (${end.how})`);
  return new UnavailableError(`exec: ${program} cannot be run: ${codeOf(end.failure)}`, { cause: end.failure });
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
