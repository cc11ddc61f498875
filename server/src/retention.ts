import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Repository } from './repository.ts';

const intervalMs = 60_000;
const msPerHour = 3_600_000;
/** Letters that no box has fetched for so long are made anew, with the key of their day. */
const letterAgeDaysMax = 31;

/** Ages beyond which things are removed; 0 keeps them for ever. */
export interface RetentionAges {
  /** Of an event's reference time. */
  readonly eventHours: number;
  /** Of a travel time's minute. */
  readonly estimateDays: number;
  /** Of when an alert was opened that is closed. */
  readonly alertDays: number;
}

export interface RetentionOptions extends RetentionAges {
  readonly repository: Repository;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes what is old, once a minute, until the signal. A repository that does not answer is tried again a minute later. */
export async function keepRemovingOld(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { repository, clock, logger, eventHours, estimateDays, alertDays } = options;
  while (!signal.aborted) {
    try {
      await repository.boxMail.removeLettersBefore(clock.nowMs() - letterAgeDaysMax * 24 * msPerHour, signal);
      if (eventHours > 0) await removeOldEvents(options, signal);
      if (estimateDays > 0) await removeOldEstimates(options, signal);
      if (alertDays > 0) await repository.alerts.removeClosedBefore(clock.nowMs() - alertDays * 24 * msPerHour, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TdcError)) throw error;
      logger.warn({ err: error }, 'what is old could not be removed');
    }
    await clock.sleep(intervalMs, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function removeOldEstimates(
  { repository, clock, estimateDays }: RetentionOptions,
  signal: AbortSignal,
): Promise<void> {
  const beforeMs = clock.nowMs() - estimateDays * 24 * msPerHour;
  for (const { id } of await repository.network.detectors(signal)) {
    await repository.estimates.removeBefore(id, beforeMs, signal);
  }
}

async function removeOldEvents(
  { repository, clock, logger, eventHours }: RetentionOptions,
  signal: AbortSignal,
): Promise<void> {
  const beforeMs = clock.nowMs() - eventHours * msPerHour;
  for (const { id } of await repository.network.detectors(signal)) {
    const removed = await repository.events.removeBefore(id, beforeMs, signal);
    if (removed !== 0)
      logger.info({ detector: id, removed, before: new Date(beforeMs).toISOString() }, 'removed old events');
  }
}
