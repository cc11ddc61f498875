import type { Clock } from '@tdc/shared/clock.ts';
import type { Repository } from '../repository.ts';

/** What the query service's RPCs work with. */
export interface QueryContext {
  readonly repository: Repository;
  readonly clock: Clock;
  /** Aborted when the server is to end: watches end with it. */
  readonly shutdown: AbortSignal;
}
