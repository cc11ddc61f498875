import type { EstimatorName, Link } from '@tdc/shared/network.ts';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import type { LinkEstimator } from './link-estimator.ts';
import { lookBackMs, type MatchChange, Matcher } from './matcher.ts';
import { Surroundings } from './surroundings.ts';
import { type Peers, Term, termEndMs, termMs } from './term.ts';

/** How the links of a network are estimated. */
export interface EstimationSettings {
  /** Of links that name none. */
  readonly estimator: EstimatorName;
  /** Whether resolvable BLE addresses are matched. */
  readonly rotating: boolean;
  /** Seconds after which a resolvable address changes. */
  readonly rotationSeconds?: number;
}

export interface NetworkEstimatorOptions extends EstimationSettings {
  /** All links of the network: they tell which ways there are. */
  readonly links: readonly Link[];
  /** Only links to these detectors are estimated; all, when absent. */
  readonly destinations?: readonly string[];
  readonly peers?: Peers;
  /** From when on events will be told, Unix milliseconds, a full minute; earlier ones only make matches whole. */
  readonly fromMs: number;
}

export interface LinkEstimate {
  readonly link: Link;
  readonly estimate: Estimate;
}

const minuteMs = 60_000;

/**
 * The links of a network, or those to some of its detectors: events in, an estimate a link and minute out. Pure and deterministic. An
 * estimate depends on the set of events that were made in the three to six hours before it, given minute by minute, and on nothing
 * else: it can be made again from those at any time, and comes out the same.
 */
export class NetworkEstimator {
  readonly #options: NetworkEstimatorOptions;
  readonly #matcher: Matcher;
  readonly #links: readonly Link[];
  readonly #around: readonly Link[];
  /** By their ends: that of the moment, and the next, which is learning. */
  readonly #terms = new Map<number, Term>();
  #judging: Term | undefined;

  constructor(options: NetworkEstimatorOptions) {
    const { links, destinations, fromMs, rotating, rotationSeconds } = options;
    const surroundings = new Surroundings(links);
    const ends = new Set(destinations ?? links.map(({ toDetectorId }) => toDetectorId));
    this.#options = options;
    this.#links = links.filter(({ toDetectorId }) => ends.has(toDetectorId));
    const heard = new Set([...ends].flatMap((id) => surroundings.around(id)));
    this.#around = links.filter(({ fromDetectorId: from, toDetectorId: to }) => heard.has(from) && heard.has(to));
    this.#matcher = new Matcher({
      ...{ surroundings, lookBackMs: lookBackMs(links), destinations: ends, rotating },
      ...(rotationSeconds === undefined ? {} : { rotationSeconds }),
    });
    this.#openTerms(fromMs);
  }

  /** Takes an event; tells what changed of the matches. */
  add(event: EstimationEvent): readonly MatchChange[] {
    const changes = this.#matcher.add(event);
    if (event.madeAtMs <= this.#options.fromMs) return [];
    for (const term of this.#terms.values()) term.add(event, changes);
    return changes;
  }

  /** The estimates at a time, Unix milliseconds; times rise by a minute from call to call, the first is the minute after `fromMs`. */
  estimatesAt(timeMs: number): readonly LinkEstimate[] {
    const own = termEndMs(timeMs);
    let found: readonly LinkEstimate[] | undefined;
    for (const [endMs, term] of this.#terms) {
      if (endMs < own) this.#terms.delete(endMs);
      else {
        term.advanceTo(timeMs);
        if (endMs !== own) continue;
        found = term.estimates();
        this.#judging = term;
      }
    }
    this.#openTerms(timeMs);
    if (found === undefined) throw new RangeError(`no term at ${timeMs}: times rise by a minute`);
    return found;
  }

  /** Tells of the matches of a link how they counted in the estimate made last. */
  estimatorOf(link: Link): LinkEstimator | undefined {
    return this.#judging?.estimatorOf(link);
  }

  /** What the peers say at the time of the estimates made last. */
  peerEstimates(): ReadonlyMap<EstimatorName, Estimate> {
    return this.#judging?.peerEstimates() ?? new Map();
  }

  /** For what becomes known after a moment. */
  #openTerms(timeMs: number): void {
    const own = termEndMs(timeMs + minuteMs);
    for (const endMs of [own, own + termMs]) {
      if (this.#terms.has(endMs)) continue;
      this.#terms.set(endMs, new Term(this.#links, this.#around, this.#options.estimator, this.#options.peers));
    }
  }
}
