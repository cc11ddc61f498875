import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Sighting } from '../../sighting.ts';
import { encodeRadioMessage, type RadioMessage, sightingsMax } from './radio-message.ts';

/** Sightings wait for others for so long. */
const gatherMs = 100;
/** It is told at least so often that the radio is heard. */
const heardMsMax = 1000;
/** What may wait for an agent that is busy: about 20,000 sightings. A radio cannot be held up, so what comes then is lost, and counted. */
const unsentBytesMax = 1024 * 1024;
/** The end of the process waits for its last words for so long. */
const lastWordsMs = 500;

/** The side of the radio: gathers what is heard, and tells the agent. */
export class RadioReport {
  readonly #out: Writable;
  readonly #end: (code: number) => void;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #sightings: Sighting[] = [];
  #isReady = false;
  #toldMs = Number.NEGATIVE_INFINITY;
  #malformed = 0;
  #lastMalformed = '';
  #remark = '';
  #isEnding = false;

  constructor(out: Writable, end: (code: number) => void, clock: Pick<Clock, 'monotonicMs'>) {
    this.#out = out;
    this.#end = end;
    this.#clock = clock;
    // The agent is gone.
    out.on('error', () => end(0));
    setInterval(() => this.#flush(), gatherMs);
  }

  /** Somebody is heard, now. */
  heard(sighting: Omit<Sighting, 'timeMs'>): void {
    this.#isReady = true;
    if (this.#out.writableLength > unsentBytesMax) this.malformed('a sighting that the agent was too busy to take');
    else if (this.#sightings.push({ timeMs: this.#nowMs(), ...sighting }) >= sightingsMax) this.#flush();
  }

  malformed(problem: string): void {
    this.#malformed += 1;
    this.#lastMalformed = problem;
  }

  /** The radio is heard, whether there is anybody or not. */
  ready(): void {
    this.#isReady = true;
    this.#flush();
  }

  /** What keeps it from hearing all that it could, in words; empty when nothing does any more. */
  remark(problem: string): void {
    if (problem === this.#remark) return;
    this.#remark = problem;
    this.#tell({ type: 'remark', problem });
  }

  /** Ends the process, saying why. */
  fail(problem: string): void {
    void this.#endWith({ type: 'failed', problem });
  }

  renew(): void {
    void this.#endWith({ type: 'renew' });
  }

  async #endWith(message: RadioMessage): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#flush();
    this.#tell(message);
    setTimeout(() => this.#end(1), lastWordsMs);
    this.#out.end();
    await once(this.#out, 'finish');
    this.#end(1);
  }

  #flush(): void {
    const count = this.#malformed;
    if (count > 0) this.#tell({ type: 'malformed', count, problem: this.#lastMalformed });
    this.#malformed = 0;
    if (!this.#isReady) return;
    const sightings = this.#sightings;
    const untilMs = this.#nowMs();
    if (sightings.length === 0 && untilMs - this.#toldMs < heardMsMax) return;
    this.#sightings = [];
    this.#toldMs = untilMs;
    this.#tell({ type: 'heard', untilMs, sightings });
  }

  #nowMs(): number {
    return Math.floor(this.#clock.monotonicMs());
  }

  #tell(message: RadioMessage): void {
    if (!this.#out.writableEnded) this.#out.write(`${encodeRadioMessage(message)}\n`);
  }
}
