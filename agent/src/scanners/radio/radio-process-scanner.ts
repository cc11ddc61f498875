import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Readable } from 'node:stream';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { Observation, Scanner } from '../../scanner.ts';
import type { SteadyClock } from '../../steady-clock.ts';
import { type ChildEnd, endChild, newsOf } from '../child-news.ts';
import { Lines } from '../lines.ts';
import { messageBytesMax, parseRadioMessage, type RadioKind, type RadioMessage } from './radio-message.ts';

/** What runs at the radio: a script of Node that tells what it hears, as `radio-message.ts` has it, on descriptor 3. */
export interface RadioProgram {
  readonly script: string;
  readonly args: readonly string[];
  /** All that it gets of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** It starts programs itself: it gets a process group of its own, so that it can end them together with itself. */
  readonly leadsGroup?: true;
}

export interface RadioProcessOptions {
  /** Of the scanner, as configured. */
  readonly name: string;
  /** Of its sightings. */
  readonly kind: RadioKind;
  readonly clock: SteadyClock;
  /** Asked at every start, as radios come and go. Throws UnavailableError when there is none. */
  readonly program: () => RadioProgram;
}

/** A process that says nothing at all for so many ticks hangs: it says every second that it hears. */
const silentTicksMax = 30;
/** A process that is not ready after so many ticks never will be. */
const startTicksMax = 60;
/** A process that has been told to end is ended after so long. */
const endMsMax = 1000;
/** A small heap: a Raspberry Pi has others to feed. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=96'];

/**
 * Scanner that hears through a process of its own at the radio. The end of that is a failure: whoever supervises the scanner starts it again, with
 * whatever radio there is by then.
 */
export class RadioProcessScanner implements Scanner {
  readonly name: string;
  /** A radio that is back is heard within this, and the few seconds that a start takes. */
  readonly retryMsMax = 8000;
  readonly #options: RadioProcessOptions;
  #malformed = 0;
  #lastMalformed = '';
  #remark = '';

  constructor(options: RadioProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  get remark(): string {
    return this.#remark;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const { clock } = this.#options;
    this.#remark = '';
    while (!signal.aborted) {
      for await (const message of this.#messages(signal)) {
        if (message.type === 'heard') yield observationOf(message, clock);
        else if (message.type === 'remark') this.#remark = message.problem;
        else if (message.type === 'failed') throw new UnavailableError(message.problem);
        else if (message.type === 'renew') break;
        else {
          this.#malformed += message.count;
          this.#lastMalformed = message.problem;
        }
      }
    }
    throw signal.reason;
  }

  /** What one process at the radio says, until it has no more to say. */
  async *#messages(signal: AbortSignal): AsyncGenerator<RadioMessage> {
    const { name, kind, clock, program } = this.#options;
    const { child, out } = start(program());
    const lines = new Lines(messageBytesMax);
    let isReady = false;
    let ticks = 0;
    let silentTicks = 0;
    try {
      for await (const news of newsOf(child, out, clock, signal)) {
        if (news.type === 'over') throw failureOf(news.end);
        if (news.type === 'tick') {
          ticks += 1;
          silentTicks += 1;
          // While it loads its code it cannot say that it lives, for many seconds on a slow box.
          if (isReady ? silentTicks > silentTicksMax : ticks > startTicksMax) throw hangs(name);
          continue;
        }
        silentTicks = 0;
        for (const line of lines.of(news.chunk)) {
          const message = parseRadioMessage(line ?? '', kind);
          isReady ||= message.type === 'heard';
          yield message;
        }
      }
    } finally {
      out.destroy();
      // The end of its input tells it to stop the radio and end.
      await endChild(child, () => child.stdin?.end(), endMsMax);
    }
  }
}

/** Its time is that of the process: however long a busy agent takes to read, nothing comes too late. */
const observationOf = ({ untilMs, sightings }: RadioMessage & { type: 'heard' }, clock: SteadyClock): Observation => ({
  sightings: sightings.map((sighting) => ({ ...sighting, timeMs: clock.at(sighting.timeMs) })),
  watermarkMs: clock.at(untilMs),
});

function start({ script, args, env, leadsGroup }: RadioProgram): {
  readonly child: ChildProcess;
  readonly out: Readable;
} {
  const cache = getCompileCacheDir();
  const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
    // The code of others prints as it likes, addresses too: nobody reads it.
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    env: { ...env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
    detached: leadsGroup === true,
  });
  child.stdin?.on('error', () => {
    // It has ended: that is told by its end.
  });
  const out = child.stdio[3];
  if (!(out instanceof Readable)) throw new UnavailableError('the process at the radio has no way to speak');
  return { child, out };
}

const hangs = (name: string): UnavailableError =>
  new UnavailableError(`${name}: the process at the radio hangs, and is replaced`);

const failureOf = (end: ChildEnd): UnavailableError =>
  'how' in end
    ? new UnavailableError(`the process at the radio ended (${end.how})`)
    : new UnavailableError('the process at the radio cannot be started', { cause: end.failure });
