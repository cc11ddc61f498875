import type { Clock } from '@tdc/shared/clock.ts';
import type { Repository } from '../repository.ts';
import type { LinkHistory } from './link-history.ts';

/** What the statistics of links are made with. */
export interface HistoryContext {
  readonly repository: Pick<Repository, 'network' | 'staleSinceMs'>;
  readonly history: LinkHistory;
  readonly clock: Clock;
}
