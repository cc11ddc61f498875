import type { Estimate } from './estimate.ts';
import type { Judgement, LinkEstimator } from './link-estimator.ts';
import type { Match } from './match.ts';

/** Estimates of a term come from one estimator, which has seen the matches of the term before as well. */
export const termMs = 3 * 3600_000;
const minuteMs = 60_000;

/** The end of the term that a moment is in; the end belongs to the term. */
export const termEndMs = (timeMs: number): number => Math.ceil(timeMs / termMs) * termMs;

/**
 * When to begin with events for the estimates after a moment to be what they would be had everything been seen: a term before
 * that of the moment.
 */
export const memoryBeginsMs = (timeMs: number): number => termEndMs(timeMs + 1) - 2 * termMs;

/**
 * Has a link estimated by one estimator a term, each of which begins a term before its own. So an estimate depends on what happened
 * in the three to six hours before it and on nothing else: it can be made again from those at any time, and comes out the same.
 */
export class Relay implements LinkEstimator {
  readonly #newEstimator: () => LinkEstimator;
  /** By the end of their terms. */
  readonly #estimators = new Map<number, LinkEstimator>();
  #judging: LinkEstimator | undefined;

  /** The moment, Unix milliseconds, is that from which matches will be told: a full minute. */
  constructor(newEstimator: () => LinkEstimator, fromMs: number) {
    this.#newEstimator = newEstimator;
    this.#open(fromMs);
  }

  add(match: Match): void {
    for (const estimator of this.#estimators.values()) estimator.add(match);
  }

  remove(match: Match): void {
    for (const estimator of this.#estimators.values()) estimator.remove(match);
  }

  estimateAt(timeMs: number): Estimate {
    const own = termEndMs(timeMs);
    let found: Estimate | undefined;
    for (const [endMs, estimator] of this.#estimators) {
      if (endMs < own) this.#estimators.delete(endMs);
      else {
        const estimate = estimator.estimateAt(timeMs);
        if (endMs !== own) continue;
        found = estimate;
        this.#judging = estimator;
      }
    }
    this.#open(timeMs);
    if (found === undefined) throw new RangeError(`no estimator of the term at ${timeMs}: times rise by a minute`);
    return found;
  }

  judge(match: Match): Judgement {
    return this.#judging?.judge(match) ?? { weight: 0, reason: 'outlier' };
  }

  /** For what becomes known after the moment. */
  #open(timeMs: number): void {
    const own = termEndMs(timeMs + minuteMs);
    for (const endMs of [own, own + termMs]) {
      if (!this.#estimators.has(endMs)) this.#estimators.set(endMs, this.#newEstimator());
    }
  }
}
