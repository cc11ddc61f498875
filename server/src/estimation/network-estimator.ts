import type { Link } from '@tdc/shared/network.ts';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { dionRakha } from './estimators/dion-rakha.ts';
import { GridFilterEstimator, Reputations } from './estimators/grid-filter.ts';
import { iqrMedian } from './estimators/iqr-median.ts';
import { mad } from './estimators/mad.ts';
import { transGuide } from './estimators/trans-guide.ts';
import { type Rule, WindowEstimator } from './estimators/window-estimator.ts';
import type { LinkEstimator } from './link-estimator.ts';
import { Matcher } from './matcher.ts';

const published = {
  transguide: transGuide,
  'dion-rakha': dionRakha,
  mad,
  'iqr-median': iqrMedian,
} as const satisfies Record<string, () => Rule>;

/** Ours first. */
export const estimatorNames = ['grid-filter', ...(Object.keys(published) as (keyof typeof published)[])] as const;
export type EstimatorName = (typeof estimatorNames)[number];

export interface NetworkEstimatorOptions {
  readonly links: readonly Link[];
  readonly estimator: EstimatorName;
  /** Whether resolvable BLE addresses are matched. */
  readonly rotating: boolean;
}

export interface LinkEstimate {
  readonly link: Link;
  readonly estimate: Estimate;
}

/** All links of a network: events in, an estimate a link and minute out. Pure and deterministic. */
export class NetworkEstimator {
  readonly #matcher: Matcher;
  readonly #estimators: ReadonlyMap<Link, LinkEstimator>;

  constructor({ links, estimator, rotating }: NetworkEstimatorOptions) {
    this.#matcher = new Matcher({ links, rotating });
    const reputations = new Reputations();
    const newEstimator = ({ lengthM }: Link): LinkEstimator =>
      estimator === 'grid-filter'
        ? new GridFilterEstimator(reputations, lengthM)
        : new WindowEstimator(published[estimator]());
    this.#estimators = new Map(links.map((link) => [link, newEstimator(link)]));
  }

  add(event: EstimationEvent): void {
    for (const { link, added, removed } of this.#matcher.add(event)) {
      const estimator = this.#estimators.get(link);
      if (removed !== undefined) estimator?.remove(removed);
      if (added !== undefined) estimator?.add(added);
    }
  }

  /** The estimates at a time; times rise by a minute from call to call. */
  estimatesAt(timeMs: number): readonly LinkEstimate[] {
    return [...this.#estimators].map(([link, estimator]) => ({ link, estimate: estimator.estimateAt(timeMs) }));
  }
}
