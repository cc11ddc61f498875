import type { Clock } from '@tdc/shared/clock.ts';
import type { Repository } from '../repository.ts';

/** What the RPCs of box mail work with. */
export interface BoxMailContext {
  readonly repository: Pick<Repository, 'boxMail' | 'statuses'>;
  readonly clock: Clock;
}
