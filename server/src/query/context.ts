import type { Clock } from '@tdc/shared/clock.ts';
import type { EstimationSettings } from '../estimation/network-estimator.ts';
import type { Repository } from '../repository.ts';

/** What the query service's RPCs work with. */
export interface QueryContext {
  readonly repository: Repository;
  readonly clock: Clock;
  /** As the estimators of this network have them: matches are made anew with them. */
  readonly estimation: EstimationSettings;
  /** Aborted when the server is to end: watches end with it. */
  readonly shutdown: AbortSignal;
}
