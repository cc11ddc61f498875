import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { KeyChain, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import type { Context } from '../context.ts';
import { eventLine } from '../event-line.ts';
import { readKeyFile } from '../key-file.ts';
import type { PassageEvent } from '../passage.ts';
import { PassageBuilder } from '../passage-builder.ts';
import { showProgress } from '../progress.ts';
import { parseRecordedLine, parseRecordingHeader } from '../recorded-line.ts';
import { openRecording } from '../recording.ts';
import { ReorderBuffer } from '../scanners/reorder-buffer.ts';
import type { Sighting } from '../sighting.ts';
import { givenTimes } from '../sighting-times.ts';
import type { Outcome } from './outcome.ts';

export interface ReplayToFileArguments {
  readonly recording: string;
  readonly network: string;
  readonly out: string;
}

/** How often a box looks for passages that are over. */
const tickMs = 1000;

interface Heard {
  readonly timeMs: number;
  readonly detectorId: string;
  readonly sighting: Sighting;
}

/** A box of the recording: what builds its passages, and what it has heard since the last tick. */
interface Box {
  readonly passages: PassageBuilder;
  heard: Sighting[];
}

/**
 * `tdc-agent replay --network --out`: the events that the boxes of a network would have made of a recording, in the order in
 * which they would have left them.
 */
export async function replayToFile(context: Context, args: ReplayToFileArguments): Promise<Outcome> {
  const { clock, signal, stderr, stdout } = context;
  using boxes = new Boxes(context, args);
  const over = new AbortController();
  const progress = showProgress(() => boxes.progressLine(), { output: stderr, clock, signal: over.signal });
  const part = `${args.out}.part`;
  try {
    await pipeline(boxes.lines(), createWriteStream(part), { signal });
    await rename(part, args.out);
  } catch (error) {
    await rm(part, { force: true });
    throw signal.aborted ? signal.reason : error;
  } finally {
    over.abort();
    await progress;
  }
  stdout.write(`${JSON.stringify({ file: args.out, ...boxes.counts })}\n`);
  return 'finished';
}

class Boxes implements Disposable {
  readonly #args: ReplayToFileArguments;
  readonly #boxes: ReadonlyMap<string, Box>;
  readonly #keyChains: readonly KeyChain[];
  readonly #order = new ReorderBuffer<Heard>();
  readonly #times = givenTimes();
  readonly counts = { events: 0, sightings: 0, malformed: 0, of_other_detectors: 0 };
  #tickAtMs = Number.NaN;

  constructor(context: Context, args: ReplayToFileArguments) {
    const { config } = context;
    this.#args = args;
    const key = keyOf(context);
    const ids = readNetworkFile(args.network).detectors.map(({ id }) => id);
    const boxes = ids.map((detectorId): readonly [string, Box, KeyChain] => {
      const keys = new KeyChain(key, { overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
      const passages = new PassageBuilder({ detectorId, keys, passage: config.passage });
      return [detectorId, { passages, heard: [] }, keys];
    });
    this.#boxes = new Map(boxes.map(([id, box]) => [id, box]));
    this.#keyChains = boxes.map(([, , keys]) => keys);
  }

  /** The events, a line each. */
  async *lines(): AsyncGenerator<string> {
    await using recording = await openRecording(this.#args.recording);
    let columns: ReturnType<typeof parseRecordingHeader> | undefined;
    for await (const lines of recording.lines()) {
      for (const line of lines) {
        if (columns === undefined) columns = parseRecordingHeader(line);
        else if (line !== '') this.#read(parseRecordedLine(line, columns));
      }
      for (const heard of this.#order.takeSettled()) yield* this.#hear(heard);
    }
    for (const heard of this.#order.takeRest()) yield* this.#hear(heard);
    yield* this.#tick(this.#tickAtMs);
    yield* this.#write([...this.#boxes.values()].flatMap(({ passages }) => passages.flush()));
  }

  progressLine(): string {
    return `${this.counts.sightings} sightings, ${this.counts.events} events`;
  }

  [Symbol.dispose](): void {
    for (const keys of this.#keyChains) keys[Symbol.dispose]();
  }

  #read({ timeMs, detectorId, sighting }: ReturnType<typeof parseRecordedLine>): void {
    if (detectorId !== undefined && !this.#boxes.has(detectorId)) this.counts.of_other_detectors++;
    else if (timeMs === undefined || detectorId === undefined || sighting === undefined) this.counts.malformed++;
    else if (this.#order.add({ timeMs, detectorId, sighting })) this.counts.sightings++;
    else this.counts.malformed++;
  }

  *#hear({ timeMs, detectorId, sighting }: Heard): Generator<string> {
    if (Number.isNaN(this.#tickAtMs)) this.#tickAtMs = (Math.floor(timeMs / tickMs) + 1) * tickMs;
    // Of a pause of hours only the first seconds have passages to end.
    while (timeMs >= this.#tickAtMs) {
      yield* this.#tick(this.#tickAtMs);
      const isQuiet = [...this.#boxes.values()].every(({ passages }) => passages.counts.open === 0);
      this.#tickAtMs = isQuiet ? (Math.floor(timeMs / tickMs) + 1) * tickMs : this.#tickAtMs + tickMs;
    }
    this.#boxes.get(detectorId)?.heard.push(sighting);
  }

  /** A second has passed at every box. */
  *#tick(watermarkMs: number): Generator<string> {
    const events: PassageEvent[] = [];
    for (const box of this.#boxes.values()) {
      const { malformed } = box.passages.counts;
      events.push(...box.passages.push({ sightings: box.heard, watermarkMs }));
      this.counts.malformed += box.passages.counts.malformed - malformed;
      box.heard = [];
    }
    yield* this.#write(events);
  }

  *#write(events: readonly PassageEvent[]): Generator<string> {
    this.counts.events += events.length;
    for (const event of events.toSorted((a, b) => a.madeAtMs - b.madeAtMs)) yield eventLine(this.#times.date(event));
  }
}

/** The network's key where one is given; else one that nobody has, as these events go nowhere. */
function keyOf({ config }: Context): KeyChainState {
  const { keyFile } = config.given;
  if (keyFile !== undefined) return readKeyFile(keyFile);
  const { name, timeZone } = config.network;
  return generateKey({ network: name, timeZone, epoch: 0, nowMs: 0 });
}
