import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Guard } from '../access/guard.ts';
import type { NoticeCounts } from '../alerts/notice-counts.ts';
import type { EstimationSettings } from '../estimation/network-estimator.ts';
import type { EstimatorFigures } from '../estimator/estimator-figures.ts';
import type { Publisher } from '../formats/datex2/publisher.ts';
import type { LinkHistory } from '../query/link-history.ts';
import type { Repository } from '../repository.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** What HTTP works with. */
export interface HttpContext {
  readonly repository: Repository;
  readonly history: LinkHistory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** As the estimators of this network have them: matches are made anew with them. */
  readonly estimation: EstimationSettings;
  readonly guard: Pick<Guard, 'callerOf' | 'keepChecking'>;
  /** Who publishes DATEX II. */
  readonly publisher: Publisher;
  /** Of this process; absent where it tells nobody of alerts. */
  readonly notices?: NoticeCounts;
  /** Of the estimator of this process; absent where there is none. */
  readonly figures?: () => EstimatorFigures;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
  /** Aborted when the server is to end: streams end with it. */
  readonly shutdown: AbortSignal;
}
