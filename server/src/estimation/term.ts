import type { EstimatorName, Link } from '@tdc/shared/network.ts';
import { ClockWatch } from './clock-watch.ts';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { dionRakha } from './estimators/dion-rakha.ts';
import { GridFilterEstimator } from './estimators/grid-filter.ts';
import { iqrMedian } from './estimators/iqr-median.ts';
import { mad } from './estimators/mad.ts';
import { transGuide } from './estimators/trans-guide.ts';
import { type Rule, WindowEstimator } from './estimators/window-estimator.ts';
import type { LinkEstimator } from './link-estimator.ts';
import type { MatchChange } from './matcher.ts';

/** Estimates of a term come from what is known since the term before began. */
export const termMs = 3 * 3600_000;

/** The end of the term that a moment is in; the end belongs to the term. */
export const termEndMs = (timeMs: number): number => Math.ceil(timeMs / termMs) * termMs;

/**
 * When to begin with events for the estimates after a moment to be what they would be had everything been seen: a term before
 * that of the moment.
 */
export const memoryBeginsMs = (timeMs: number): number => termEndMs(timeMs + 1) - 2 * termMs;

const published = {
  transguide: transGuide,
  'dion-rakha': dionRakha,
  mad,
  'iqr-median': iqrMedian,
} as const satisfies Record<Exclude<EstimatorName, 'grid-filter'>, () => Rule>;

/** Estimators of a link besides its own, which see the same matches and are not published. */
export interface Peers {
  /** One of the links that are estimated. */
  readonly link: Link;
  readonly names: readonly EstimatorName[];
}

/** Estimates links for a term, with a memory of its own, so that what was before it cannot matter. */
export class Term {
  readonly #estimators: ReadonlyMap<Link, LinkEstimator>;
  readonly #peers: Peers | undefined;
  readonly #peerEstimators: ReadonlyMap<EstimatorName, LinkEstimator>;
  readonly #clocks: ClockWatch;
  #offsets: ReadonlyMap<string, number> = new Map();

  /** The links to estimate, and those whose passages tell of the clocks. */
  constructor(links: readonly Link[], around: readonly Link[], estimator: EstimatorName, peers?: Peers) {
    const ends = new Set(links.flatMap(({ fromDetectorId, toDetectorId }) => [fromDetectorId, toDetectorId]));
    this.#estimators = new Map(links.map((link) => [link, newEstimator(link, link.estimator ?? estimator)]));
    this.#peers = peers;
    this.#peerEstimators = new Map(peers?.names.map((name) => [name, newEstimator(peers.link, name)]));
    this.#clocks = new ClockWatch(around, ends);
  }

  /** An event, and the matches that it changes. Those by a clock that is wrong do not count. */
  add(event: EstimationEvent, changes: readonly MatchChange[]): void {
    this.#clocks.add(event);
    for (const { what, link, match } of changes) {
      for (const estimator of this.#allOf(link)) {
        if (what === 'removed') estimator.remove(match);
        else if (this.#offsetOf(link) === undefined) estimator.add(match);
      }
    }
  }

  /** Time goes on to a moment; it rises by a minute from call to call. */
  advanceTo(timeMs: number): void {
    this.#offsets = this.#clocks.offsetsAt(timeMs);
    for (const estimator of this.#estimators.values()) estimator.advanceTo(timeMs);
    for (const estimator of this.#peerEstimators.values()) estimator.advanceTo(timeMs);
  }

  /** The estimates at that moment. */
  estimates(): readonly { readonly link: Link; readonly estimate: Estimate }[] {
    return [...this.#estimators].map(([link, estimator]) => ({
      link,
      estimate: this.#byRightClocks(link, estimator.estimate()),
    }));
  }

  /** What the peers say at that moment. */
  peerEstimates(): ReadonlyMap<EstimatorName, Estimate> {
    const peers = this.#peers;
    if (peers === undefined) return new Map();
    return new Map(
      [...this.#peerEstimators].map(([name, each]) => [name, this.#byRightClocks(peers.link, each.estimate())]),
    );
  }

  estimatorOf(link: Link): LinkEstimator | undefined {
    return this.#estimators.get(link);
  }

  *#allOf(link: Link): Iterable<LinkEstimator> {
    const own = this.#estimators.get(link);
    if (own !== undefined) yield own;
    if (link === this.#peers?.link) yield* this.#peerEstimators.values();
  }

  /** No travel time is known where a clock is wrong. */
  #byRightClocks(link: Link, estimate: Estimate): Estimate {
    const clockOffsetS = this.#offsetOf(link);
    if (clockOffsetS === undefined) return estimate;
    const { travelTime: _, ...rest } = estimate;
    return { ...rest, status: 'no_data', clockOffsetS };
  }

  /** By how many seconds the clock at the end is ahead of that at the beginning, if one of them is wrong. */
  #offsetOf({ fromDetectorId, toDetectorId }: Link): number | undefined {
    const [from, to] = [this.#offsets.get(fromDetectorId), this.#offsets.get(toDetectorId)];
    return from === undefined && to === undefined ? undefined : (to ?? 0) - (from ?? 0);
  }
}

function newEstimator(link: Link, name: EstimatorName): LinkEstimator {
  return name === 'grid-filter' ? new GridFilterEstimator(link) : new WindowEstimator(published[name](), link);
}
