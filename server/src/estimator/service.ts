import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Link } from '@tdc/shared/network.ts';
import { alertClaimName } from '../alerts/claim-name.ts';
import { keepClaims } from '../claims/keep-claims.ts';
import type { EstimationSettings } from '../estimation/network-estimator.ts';
import type { Claim, Repository } from '../repository.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { DestinationJob } from './destination-job.ts';
import type { PublishedCounts } from './estimator-figures.ts';
import { EventFeed } from './event-feed.ts';
import { SignsOfLife } from './signs-of-life.ts';

export interface EstimatorConfig extends EstimationSettings {
  /** How long after a minute it is estimated. */
  readonly delaySeconds: number;
  /** How far back late events change what was published: eight hours less than events are kept. */
  readonly reachHours: number;
}

export interface EstimatorOptions {
  readonly repository: Repository;
  readonly config: EstimatorConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Watches over the network, under a claim that the workers share like those on detectors. */
  readonly alerts?: (claim: Claim, signal: AbortSignal) => Promise<void>;
  /** Counts what is published. */
  readonly published?: Pick<PublishedCounts, 'add'>;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
}

/** How often the network is looked at. */
const lookEveryMs = 2000;

/** The links of the network as they are now, the same list until they change. */
class CurrentLinks {
  #links: readonly Link[] = [];
  #text = '';

  get links(): readonly Link[] {
    return this.#links;
  }

  set(links: readonly Link[]): void {
    const text = JSON.stringify(links);
    if (text === this.#text) return;
    this.#links = links;
    this.#text = text;
  }
}

/**
 * Estimates this process's share of the network until the signal. All who run it over one repository share the detectors at which links
 * end, and take over from each other.
 */
export async function runEstimator(options: EstimatorOptions, signal: AbortSignal): Promise<void> {
  const { repository, config, clock, logger, alerts, published, tracing } = options;
  const watching = { ...(published === undefined ? {} : { published }), ...(tracing === undefined ? {} : { tracing }) };
  const feed = new EventFeed(repository.events, clock);
  const signs = new SignsOfLife(repository.statuses, clock, logger);
  const current = new CurrentLinks();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  const names = async (until: AbortSignal) => {
    if (clock.monotonicMs() - lookedAtMs >= lookEveryMs) {
      current.set(await repository.network.links(until));
      lookedAtMs = clock.monotonicMs();
    }
    const destinations = new Set(current.links.map(({ toDetectorId }) => toDetectorId));
    return [...destinations, ...(alerts === undefined ? [] : [alertClaimName])];
  };
  const workerId = `${hostname().replace(/[^A-Za-z0-9_-]/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const claiming = keepClaims(
    {
      claims: repository.claims,
      workerId,
      names,
      clock,
      logger,
      work: async (claim, until) => {
        if (alerts !== undefined && claim.name === alertClaimName) return alerts(claim, until);
        const { links } = current;
        const { estimator, rotating, rotationSeconds } = config;
        const settings = { estimator, rotating, ...(rotationSeconds === undefined ? {} : { rotationSeconds }) };
        const job = new DestinationJob({
          ...{ repository, feed, signs, clock, logger, ...watching },
          destination: { detectorId: claim.name, links, ...settings },
          delayMs: config.delaySeconds * 1000,
          reachMs: config.reachHours * 3600_000,
          isCurrent: () => current.links === links,
        });
        await job.run(claim, until);
      },
    },
    signal,
  );
  await Promise.all([feed.run(signal), signs.run(signal), claiming]);
}
