import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { parseRecordedLine, parseRecordingHeader, type RecordingColumns, recordingHeader } from '../recorded-line.ts';
import { openRecording } from '../recording.ts';
import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';
import { disorderMsMax, ReorderBuffer } from './reorder-buffer.ts';

export interface ReplayOptions {
  /** CSV, gzip or not, with the first line of `recordingHeader`. */
  readonly path: string;
  /** Only lines of this detector are sightings. */
  readonly detectorId: string;
  /** As fast as they are taken, or this many seconds of the recording each second. */
  readonly speed: 'max' | number;
  /** The time to give to the first line of the file, whatever its detector is, so that all detectors shift alike; else times are kept. */
  readonly shiftToMs?: number;
  readonly clock: Clock;
}

export interface ReplayProgress {
  /** Lines of any detector. */
  readonly lines: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

const idleMsMax = 1000;
/** Sightings due within this time go together. */
const idleMsMin = 10;

/** Scanner that reads a recording. Lines that are broken, or more than two seconds out of order, are counted and left out. */
export class ReplayScanner implements Scanner {
  readonly name = 'replay';
  readonly #options: ReplayOptions;
  readonly #buffer = new ReorderBuffer<Sighting>();
  #malformed = 0;
  #lastMalformed = '';
  #lines = 0;
  #bytes = { total: 0, read: () => 0 };
  #columns: RecordingColumns | undefined;
  /** What is added to the times of lines; undefined until the first line with a time. */
  #shiftMs: number | undefined;
  /** The moment of the clock at which the first line was, and its time after shifting. */
  #start: { readonly monotonicMs: number; readonly timeMs: number } | undefined;

  constructor(options: ReplayOptions) {
    const { speed } = options;
    if (speed !== 'max' && !(speed > 0 && Number.isFinite(speed))) {
      throw new InvalidInputError(`speed ${speed}: expected max or a number above 0`, { field: 'speed' });
    }
    this.#options = options;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  get progress(): ReplayProgress {
    return { lines: this.#lines, bytesRead: this.#bytes.read(), bytesTotal: this.#bytes.total };
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    await using recording = await openRecording(this.#options.path);
    this.#bytes = { total: recording.bytesTotal, read: () => recording.bytesRead() };
    let damage: unknown;
    try {
      for await (const lines of recording.lines()) {
        for (const line of lines) this.#read(line);
        yield* this.#inTime(this.#buffer.takeSettled(), signal);
        signal.throwIfAborted();
      }
    } catch (error) {
      signal.throwIfAborted();
      damage = error;
    }
    // What comes before the damage in a damaged file counts.
    yield* this.#inTime(this.#buffer.takeRest(), signal);
    if (damage !== undefined) throw damage;
    if (this.#columns === undefined)
      throw new InvalidInputError(`recording ${this.#options.path}: expected the first line ${recordingHeader}`);
  }

  #read(line: string): void {
    this.#lines += 1;
    if (this.#columns === undefined) {
      this.#columns = this.#header(line);
      return;
    }
    if (line === '') return;
    const { detectorId, clock, shiftToMs } = this.#options;
    const { timeMs, detectorId: of, sighting, problem } = parseRecordedLine(line, this.#columns);
    if (timeMs !== undefined && this.#shiftMs === undefined) {
      this.#shiftMs = shiftToMs === undefined ? 0 : Math.round(shiftToMs) - timeMs;
      this.#start = { monotonicMs: clock.monotonicMs(), timeMs: timeMs + this.#shiftMs };
    }
    if (of !== undefined && of !== detectorId) return;
    if (sighting === undefined) {
      this.#countMalformed(problem);
    } else if (!this.#buffer.add({ ...sighting, timeMs: sighting.timeMs + (this.#shiftMs ?? 0) })) {
      this.#countMalformed(`time_ms: more than ${disorderMsMax} ms out of order`);
    }
  }

  #header(line: string): RecordingColumns {
    try {
      return parseRecordingHeader(line);
    } catch (cause) {
      if (!(cause instanceof InvalidInputError)) throw cause;
      throw new InvalidInputError(`recording ${this.#options.path}: ${cause.message}`, { cause });
    }
  }

  #countMalformed(problem: string): void {
    this.#malformed += 1;
    this.#lastMalformed = `line ${this.#lines}: ${problem}`;
  }

  /** Hands sightings over when their time has come. */
  async *#inTime(sightings: readonly Sighting[], signal: AbortSignal): AsyncGenerator<Observation> {
    const { speed, clock } = this.#options;
    const settledMs = this.#buffer.floorMs;
    if (speed === 'max' || this.#start === undefined) {
      if (settledMs > Number.NEGATIVE_INFINITY) yield { sightings, watermarkMs: settledMs };
      return;
    }
    const { monotonicMs, timeMs: startMs } = this.#start;
    for (let from = 0; from < sightings.length; ) {
      signal.throwIfAborted();
      const nowMs = Math.floor(startMs + (clock.monotonicMs() - monotonicMs) * speed);
      const due = sightings.slice(from).findIndex(({ timeMs }) => timeMs > nowMs);
      const to = due === -1 ? sightings.length : from + due;
      const nextMs = sightings[to]?.timeMs ?? settledMs;
      yield { sightings: sightings.slice(from, to), watermarkMs: Math.min(nowMs, nextMs) };
      from = to;
      if (to < sightings.length) {
        await clock.sleep(Math.min(idleMsMax, Math.max(idleMsMin, (nextMs - nowMs) / speed)), signal);
      }
    }
  }
}
