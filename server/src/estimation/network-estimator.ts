import type { EstimatorName, Link } from '@tdc/shared/network.ts';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { dionRakha } from './estimators/dion-rakha.ts';
import { GridFilterEstimator } from './estimators/grid-filter.ts';
import { iqrMedian } from './estimators/iqr-median.ts';
import { mad } from './estimators/mad.ts';
import { transGuide } from './estimators/trans-guide.ts';
import { type Rule, WindowEstimator } from './estimators/window-estimator.ts';
import type { LinkEstimator } from './link-estimator.ts';
import { lookBackMs, type MatchChange, Matcher } from './matcher.ts';
import { Relay } from './relay.ts';
import { Surroundings } from './surroundings.ts';

const published = {
  transguide: transGuide,
  'dion-rakha': dionRakha,
  mad,
  'iqr-median': iqrMedian,
} as const satisfies Record<Exclude<EstimatorName, 'grid-filter'>, () => Rule>;

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
  /** From when on events will be told, Unix milliseconds, a full minute; earlier ones only make matches whole. */
  readonly fromMs: number;
}

export interface LinkEstimate {
  readonly link: Link;
  readonly estimate: Estimate;
}

/**
 * The links of a network, or those to some of its detectors: events in, an estimate a link and minute out. Pure and deterministic: the
 * estimates of a minute depend on the set of events that were made by then, given minute by minute.
 */
export class NetworkEstimator {
  readonly #matcher: Matcher;
  readonly #estimators: ReadonlyMap<Link, LinkEstimator>;
  readonly #fromMs: number;

  constructor({ links, destinations, fromMs, ...settings }: NetworkEstimatorOptions) {
    const surroundings = new Surroundings(links);
    const ends = new Set(destinations ?? links.map(({ toDetectorId }) => toDetectorId));
    const { rotating, rotationSeconds } = settings;
    this.#fromMs = fromMs;
    this.#matcher = new Matcher({
      surroundings,
      lookBackMs: lookBackMs(links),
      destinations: ends,
      rotating,
      ...(rotationSeconds === undefined ? {} : { rotationSeconds }),
    });
    const own = links.filter(({ toDetectorId }) => ends.has(toDetectorId));
    this.#estimators = new Map(
      own.map((link) => [link, new Relay(() => newEstimator(link, link.estimator ?? settings.estimator), fromMs)]),
    );
  }

  /** Takes an event; tells what changed of the matches. */
  add(event: EstimationEvent): readonly MatchChange[] {
    const changes = this.#matcher.add(event);
    if (event.madeAtMs <= this.#fromMs) return [];
    for (const { what, link, match } of changes)
      this.#estimators.get(link)?.[what === 'added' ? 'add' : 'remove'](match);
    return changes;
  }

  /** The estimates at a time, Unix milliseconds; times rise by a minute from call to call, the first is the minute after `fromMs`. */
  estimatesAt(timeMs: number): readonly LinkEstimate[] {
    return [...this.#estimators].map(([link, estimator]) => ({ link, estimate: estimator.estimateAt(timeMs) }));
  }

  estimatorOf(link: Link): LinkEstimator | undefined {
    return this.#estimators.get(link);
  }
}

function newEstimator(link: Link, name: EstimatorName): LinkEstimator {
  return name === 'grid-filter' ? new GridFilterEstimator(link) : new WindowEstimator(published[name](), link);
}
