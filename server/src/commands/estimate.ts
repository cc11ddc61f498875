import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { EstimatorName, Network } from '@tdc/shared/network.ts';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import { type EstimationEvent, parseEventLine } from '../estimation/estimation-event.ts';
import { type LinkEstimate, NetworkEstimator } from '../estimation/network-estimator.ts';

export interface EstimateArguments {
  /** NDJSON as `tdc-agent replay --out` writes it, gzip or not. */
  readonly events: string;
  readonly network: string;
  readonly out: string;
  readonly everySeconds: number;
  readonly estimator: EstimatorName;
  readonly rotating: boolean;
}

const header = 'from,to,at_s,travel_time_s,lower_s,upper_s,n,status\n';
const minuteMs = 60_000;
/** Estimates go on after the last event for so long: what the last minutes were like shows only then. */
const tailMs = 120_000;

/**
 * `tdc-server estimate`: the estimates of a whole file of events, each from what had left the boxes by then. Returns how many lines
 * were written.
 */
export async function estimateFile(args: EstimateArguments, signal: AbortSignal): Promise<number> {
  if (args.everySeconds % 60 !== 0 || args.everySeconds <= 0) {
    throw new InvalidInputError(`--every ${args.everySeconds}: expected a multiple of 60 seconds`, {
      field: '--every',
    });
  }
  const run = new Run(args);
  const part = `${args.out}.part`;
  try {
    await pipeline(run.lines(), createWriteStream(part), { signal });
    await rename(part, args.out);
  } catch (error) {
    await rm(part, { force: true });
    throw signal.aborted ? signal.reason : error;
  }
  return run.written;
}

class Run {
  readonly #args: EstimateArguments;
  readonly #network: Network;
  #estimator: NetworkEstimator | undefined;
  #minuteMs: number | undefined;
  written = 0;

  constructor(args: EstimateArguments) {
    this.#args = args;
    this.#network = readNetworkFile(args.network);
  }

  async *lines(): AsyncGenerator<string> {
    yield header;
    let lastMs = 0;
    for await (const event of eventsOf(this.#args.events)) {
      this.#minuteMs ??= Math.ceil(event.madeAtMs / minuteMs) * minuteMs;
      const network = this.#estimatorFrom(this.#minuteMs - minuteMs);
      yield* this.#minutesBefore(event.madeAtMs);
      network.add(event);
      lastMs = Math.max(lastMs, event.madeAtMs);
    }
    yield* this.#minutesBefore(lastMs + tailMs);
  }

  #estimatorFrom(fromMs: number): NetworkEstimator {
    const { estimator, rotating } = this.#args;
    this.#estimator ??= new NetworkEstimator({ links: this.#network.links, estimator, rotating, fromMs });
    return this.#estimator;
  }

  /** What left a box at a full minute is known then. */
  *#minutesBefore(timeMs: number): Generator<string> {
    while (this.#minuteMs !== undefined && this.#minuteMs < timeMs) {
      const atS = this.#minuteMs / 1000;
      const estimates = this.#estimatorFrom(this.#minuteMs - minuteMs).estimatesAt(this.#minuteMs);
      if (atS % this.#args.everySeconds === 0) yield* estimates.map((each) => this.#line(each, atS));
      this.#minuteMs += minuteMs;
    }
  }

  #line({ link, estimate }: LinkEstimate, atS: number): string {
    this.written++;
    const { travelTime, samples, status } = estimate;
    const numbers = [travelTime?.meanS, travelTime?.lowerS, travelTime?.upperS].map(
      (seconds) => seconds?.toFixed(1) ?? '',
    );
    return `${[link.fromDetectorId, link.toDetectorId, atS, ...numbers, samples, status].join(',')}\n`;
  }
}

async function* eventsOf(file: string): AsyncGenerator<EstimationEvent> {
  const bytes = createReadStream(file);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  bytes.on('error', (error) => failed.reject(new InvalidInputError(`${file} cannot be read: ${error.message}`)));
  const text: Readable = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  text.on('error', (error: Error) => failed.reject(new InvalidInputError(`${file} cannot be read: ${error.message}`)));
  let number = 0;
  const lines = createInterface({ input: text })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed.promise]);
    if (next.done === true) break;
    number++;
    if (next.value !== '') yield parseEventLine(next.value, `${file}:${number}`);
  }
  // A stream that fails also ends its lines.
  await Promise.race([failed.promise, new Promise((resolve) => setImmediate(resolve))]);
}
