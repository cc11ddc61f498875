import type { Sighting } from './sighting.ts';

/** Some sightings, oldest first, and how far the scanner's time has come. */
export interface Observation {
  readonly sightings: readonly Sighting[];
  /** Unix milliseconds: no later observation holds a sighting before this time. */
  readonly watermarkMs: number;
}

/**
 * Port: something that hears devices at one detector.
 *
 * Ordered: sightings rise in time within and across observations. Pulled: nothing is read ahead without bound while the
 * consumer is busy. An observation without sightings comes at least once a second of waiting, so that time passes for
 * its consumer. Ends when its input ends; throws when the input is lost; throws the signal's reason when aborted.
 */
export interface Scanner {
  /** As configured, for the status. */
  readonly name: string;
  /** Inputs that could not be read so far: broken lines or frames. */
  readonly malformed: number;
  /** The last of them in words, without any address; empty while there was none. */
  readonly lastMalformed: string;
  /** What keeps one that runs from hearing all that it could, in words without any address; empty or absent while nothing does. */
  readonly remark?: string;
  /** Milliseconds that a failed one waits for its next try at most, where that is less than usual: a radio that is back is to be heard soon. */
  readonly retryMsMax?: number;
  observe(signal: AbortSignal): AsyncIterable<Observation>;
}
