import { type BackoffPolicy, backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { Pulse } from '@tdc/shared/pulse.ts';
import type { Observation, Scanner } from './scanner.ts';
import type { SightingTimes } from './sighting-times.ts';
import type { ScannerSnapshot } from './status.ts';

export interface SupervisedScannerOptions {
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly random: () => number;
  /** What a failure leads to: another try after a wait, for radios; or the end, for recordings. */
  readonly onFailure: 'restart' | 'throw';
  readonly onError: (error: unknown, waitMs: number) => void;
}

export const scannerBackoff: BackoffPolicy = { baseMs: 1000, maxMs: 60_000 };
/** A scanner that worked for this long before it failed is restarted as after its first failure. */
const healthyMs = 60_000;

/** A scanner that is kept running, and what is known of it. */
export class SupervisedScanner {
  /** It observes something, if only that nothing is there, or tries again. */
  readonly pulse: Pulse;
  readonly #options: SupervisedScannerOptions;
  #state: ScannerSnapshot['state'] = 'starting';
  #sightings = 0;
  #lastSightingMs: number | undefined;
  #lastError = '';
  #malformed = 0;
  #lastMalformed = '';
  #watermarkMs: number | undefined;
  /** What the consumer threw: not the scanner's failure, and nothing that another try would help. */
  #consumerFault: unknown;

  constructor(options: SupervisedScannerOptions) {
    this.#options = options;
    this.pulse = new Pulse(`scanner ${options.scanner.name}`, options.clock);
  }

  /** Times are Unix milliseconds where it is said what the scanner's mean, else those of the scanner. */
  snapshot(times?: Pick<SightingTimes, 'unixMs'>): ScannerSnapshot {
    const { scanner } = this.#options;
    const lastMs = this.#lastSightingMs;
    return {
      name: scanner.name,
      state: this.#state,
      sightings: this.#sightings,
      malformed: scanner.malformed + this.#malformed,
      lastSightingMs: lastMs === undefined ? undefined : (times?.unixMs(lastMs) ?? lastMs),
      lastError: this.#hindrance || this.#lastError || this.#lastMalformed || scanner.lastMalformed,
    };
  }

  /** Of one that works as far as it can: what is wrong now goes before what was wrong before. */
  get #hindrance(): string {
    return this.#state === 'running' ? (this.#options.scanner.remark ?? '') : '';
  }

  /** Counts sightings of it that turned out to be of no use later; the problem is told without any address. */
  countMalformed(count: number, problem: string): void {
    if (count === 0) return;
    this.#malformed += count;
    this.#lastMalformed = problem;
  }

  /** How far its time has come: undefined while it does not run, when it holds back nobody. */
  get watermarkMs(): number | undefined {
    return this.#state === 'running' ? this.#watermarkMs : undefined;
  }

  /** Hands over what is observed, one observation after the other, until the scanner's end or until aborted. */
  async run(take: (observation: Observation) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, random, onFailure, onError } = this.#options;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const startedMs = clock.monotonicMs();
      try {
        this.#state = 'starting';
        this.pulse.beat();
        await this.#observe(take, signal);
        this.#state = 'finished';
        this.pulse.rest();
        return;
      } catch (error) {
        if (signal.aborted) {
          // Something else than the end that was wanted: what it has started or changed is left behind.
          if (error !== signal.reason) onError(error, 0);
          return;
        }
        this.#state = 'failed';
        this.#lastError = error instanceof Error ? error.message : String(error);
        if (onFailure === 'throw' || error === this.#consumerFault) throw error;
        if (clock.monotonicMs() - startedMs >= healthyMs) failures = 0;
        const maxMs = Math.min(scannerBackoff.maxMs, this.#options.scanner.retryMsMax ?? scannerBackoff.maxMs);
        const waitMs = backoffMs({ ...scannerBackoff, maxMs }, failures, random);
        onError(error, waitMs);
        this.pulse.beat(waitMs);
        await clock.sleep(waitMs, signal).catch((reason: unknown) => {
          if (!signal.aborted) throw reason;
        });
      }
    }
  }

  async #observe(take: (observation: Observation) => Promise<void>, signal: AbortSignal): Promise<void> {
    for await (const observation of this.#options.scanner.observe(signal)) {
      this.#state = 'running';
      this.pulse.beat();
      this.#watermarkMs = observation.watermarkMs;
      this.#sightings += observation.sightings.length;
      this.#lastSightingMs = observation.sightings.at(-1)?.timeMs ?? this.#lastSightingMs;
      await take(observation).catch((error: unknown) => {
        this.#consumerFault = error;
        throw error;
      });
      if (signal.aborted) return;
    }
  }
}
