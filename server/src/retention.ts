import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Repository } from './repository.ts';

const intervalMs = 60_000;
const msPerHour = 3_600_000;

export interface RetentionOptions {
  readonly repository: Repository;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age of the reference time beyond which events are removed; 0 keeps them for ever. */
  readonly hours: number;
}

/** Removes old events, once a minute, until the signal. A repository that does not answer is tried again a minute later. */
export async function keepRemovingOldEvents(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  if (options.hours === 0) return;
  const { clock, logger } = options;
  while (!signal.aborted) {
    try {
      await removeOldEvents(options, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TdcError)) throw error;
      logger.warn({ err: error }, 'old events could not be removed');
    }
    await clock.sleep(intervalMs, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Removes what is too old now, detector by detector. */
export async function removeOldEvents(
  { repository, clock, logger, hours }: RetentionOptions,
  signal: AbortSignal,
): Promise<void> {
  const beforeMs = clock.nowMs() - hours * msPerHour;
  for (const { id } of await repository.network.detectors(signal)) {
    const removed = await repository.events.removeBefore(id, beforeMs, signal);
    if (removed !== 0)
      logger.info({ detector: id, removed, before: new Date(beforeMs).toISOString() }, 'removed old events');
  }
}
