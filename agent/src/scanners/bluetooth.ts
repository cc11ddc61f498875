import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { adapterToUse, bluetoothFolder } from './bluetooth/adapter-list.ts';
import { messageBytesMax, parseRadioMessage, type RadioMessage } from './bluetooth/radio-message.ts';
import { Lines } from './lines.ts';
import { disorderMsMax, ReorderBuffer } from './reorder-buffer.ts';

export interface BluetoothOptions {
  /** Advertisements of Bluetooth Low Energy, or inquiries of classic Bluetooth. */
  readonly kind: 'ble' | 'classic';
  /** Such as `hci0`; absent: the first there is whenever it starts. */
  readonly adapter?: string;
  readonly clock: SteadyClock;
  /** Where the kernel lists its adapters. */
  readonly folder?: string;
  /** What runs at the radio, after Node and before the kind and the adapter. */
  readonly script?: string;
}

const tickMs = 500;
/** A process that says nothing at all for so many ticks hangs: it says every second that it lives. */
const silentTicksMax = 30;
/** A process that is not ready after so many ticks never will be. */
const startTicksMax = 60;
/** A process that has been told to end is ended after so long. */
const endMsMax = 1000;
const radioScript = fileURLToPath(new URL('./bluetooth/radio-process.ts', import.meta.url));
/** A small heap: a Raspberry Pi has others to feed. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=96'];

/**
 * Scanner of Bluetooth, BLE or classic. What touches the radio runs in a process of its own, and its end is a failure: whoever supervises
 * the scanner starts it again, with whatever adapter there is by then.
 */
export class BluetoothScanner implements Scanner {
  readonly name: string;
  /** An adapter that is back is heard within this, and the few seconds that a start takes. */
  readonly retryMsMax = 8000;
  readonly #options: BluetoothOptions;
  #malformed = 0;
  #lastMalformed = '';

  constructor(options: BluetoothOptions) {
    this.name = options.kind;
    this.#options = options;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const { clock } = this.#options;
    const buffer = new ReorderBuffer<Sighting>();
    while (!signal.aborted) {
      for await (const message of this.#messages(signal)) {
        if (message.type === 'sightings') this.#add(message.sightings, buffer);
        else if (message.type === 'malformed') this.#count(message.count, message.problem);
        else if (message.type === 'failed') throw new UnavailableError(message.problem);
        else if (message.type === 'renew') break;
        if (message.type !== 'not ready') {
          yield { sightings: buffer.takeSettledBy(clock.nowMs() - disorderMsMax), watermarkMs: buffer.floorMs };
        }
      }
    }
    throw signal.reason;
  }

  #add(sightings: readonly Sighting[], buffer: ReorderBuffer<Sighting>): void {
    const { clock } = this.#options;
    for (const sighting of sightings) {
      if (!buffer.add({ ...sighting, timeMs: clock.at(sighting.timeMs) }))
        this.#count(1, 'a sighting more than two seconds out of order');
    }
  }

  #count(count: number, problem: string): void {
    this.#malformed += count;
    this.#lastMalformed = problem;
  }

  /** What one process at the radio says, and how time passes, until it has no more to say. */
  async *#messages(signal: AbortSignal): AsyncGenerator<RadioMessage | { readonly type: 'tick' | 'not ready' }> {
    const { kind, clock } = this.#options;
    const { child, out } = this.#spawn();
    const lines = new Lines(messageBytesMax);
    const bytes = () => nextChunk(out).then((chunk) => ({ type: 'bytes', chunk }) as const);
    const tick = () => clock.sleep(tickMs, signal).then(() => ({ type: 'tick' }) as const);
    const over = endOf(child).then((error) => ({ type: 'over', error }) as const);
    // What was not the first is waited for on: it must not be lost.
    let nextBytes: ReturnType<typeof bytes> | undefined;
    let nextTick: ReturnType<typeof tick> | undefined;
    let isReady = false;
    let ticks = 0;
    let silentTicks = 0;
    try {
      for (;;) {
        nextBytes ??= bytes();
        nextTick ??= tick();
        const next = await Promise.race([nextBytes, over, nextTick]);
        signal.throwIfAborted();
        if (next.type === 'over') throw next.error;
        if (next.type === 'tick') {
          nextTick = undefined;
          ticks += 1;
          silentTicks += 1;
          if (silentTicks > silentTicksMax || (!isReady && ticks > startTicksMax)) throw hangs(kind);
          yield { type: isReady ? 'tick' : 'not ready' };
          continue;
        }
        nextBytes = undefined;
        silentTicks = 0;
        for (const line of lines.of(next.chunk)) {
          const message = parseRadioMessage(line ?? '', kind);
          isReady ||= message.type === 'ready';
          if (message.type !== 'alive') yield message;
        }
      }
    } finally {
      await end(child);
    }
  }

  #spawn(): { readonly child: ChildProcess; readonly out: Readable } {
    const { kind, adapter, folder = bluetoothFolder, script = radioScript } = this.#options;
    const name = adapterToUse(adapter, folder);
    const cache = getCompileCacheDir();
    const child = spawn(process.execPath, [...nodeOptions, script, kind, name], {
      // Noble and its addon print as they like, addresses too: nobody reads it.
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      env: {
        // Every advertisement, not only those that complete what is known of a device.
        NOBLE_REPORT_ALL_HCI_EVENTS: '1',
        // The C library would keep memory for each of the threads that do nothing here.
        MALLOC_ARENA_MAX: '1',
        NOBLE_HCI_DEVICE_ID: name.slice('hci'.length),
        ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
      },
    });
    child.stdin?.on('error', () => {
      // It has ended: that is told by its end.
    });
    const out = child.stdio[3];
    if (!(out instanceof Readable)) throw new UnavailableError('the process at the radio has no way to speak');
    return { child, out };
  }
}

const hangs = (kind: string): UnavailableError =>
  new UnavailableError(`${kind}: the process at the radio hangs, and is replaced`);

/** What has been said since it was asked last; waits while there is nothing, for ever once there comes nothing more. */
async function nextChunk(out: Readable): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = out.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    await new Promise((resolve) => out.once('readable', resolve));
  }
}

/** Resolves to how it ended, once all it said has been read. */
function endOf(child: ChildProcess): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  child.once('error', (error) =>
    resolve(new UnavailableError('the process at the radio cannot be started', { cause: error })),
  );
  child.once('close', (code, signal) =>
    resolve(new UnavailableError(`the process at the radio ended (${signal ?? `code ${code}`})`)),
  );
  return promise;
}

/** The end of its input tells it to stop the radio and end. */
async function end(child: ChildProcess): Promise<void> {
  child.stdio[3]?.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  const late = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  await exited;
  clearTimeout(late);
}
