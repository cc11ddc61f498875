import type { Clock } from '@tdc/shared/clock.ts';
import type { Repository } from '../repository.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { KnownDetectors } from './known-detectors.ts';

/** How far from now the reference time of an event may be. */
export interface EventTimeLimits {
  readonly ageDaysMax: number;
  readonly aheadSecondsMax: number;
}

/** What the collector's RPCs work with. */
export interface CollectorContext {
  readonly repository: Repository;
  readonly clock: Clock;
  readonly detectors: KnownDetectors;
  readonly eventTimes: EventTimeLimits;
  /** Aborted when the server is to end: streams finish what they have received, and take nothing more. */
  readonly shutdown: AbortSignal;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
}
