import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Repository } from './repository.ts';

const intervalMs = 1000;
/** An answer later than this is none. */
const pingTimeoutMs = 2000;

export interface HealthOptions {
  readonly repository: Pick<Repository, 'ping'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with every answer. */
  readonly report: (state: 'serving' | 'not-serving') => void;
}

/** Asks the repository once a second whether it answers, until the signal. */
export async function watchRepository({ repository, clock, logger, report }: HealthOptions, signal: AbortSignal) {
  let failing = false;
  while (!signal.aborted) {
    const error = await pingError(repository, signal);
    if (signal.aborted) return;
    if (error !== undefined && !failing) logger.error({ err: error }, 'the repository does not answer: not serving');
    if (error === undefined && failing) logger.info('the repository answers again: serving');
    failing = error !== undefined;
    report(failing ? 'not-serving' : 'serving');
    await clock.sleep(intervalMs, signal).catch((reason) => {
      if (!signal.aborted) throw reason;
    });
  }
}

/** A repository that does not heed the signal is not waited for either. */
async function pingError(repository: Pick<Repository, 'ping'>, signal: AbortSignal): Promise<unknown> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(pingTimeoutMs)]);
  const late = Promise.withResolvers<never>();
  const giveUp = () => late.reject(deadline.reason);
  deadline.addEventListener('abort', giveUp);
  try {
    await Promise.race([repository.ping(deadline), late.promise]);
    return undefined;
  } catch (error) {
    return error ?? new Error('the repository failed without a reason');
  } finally {
    deadline.removeEventListener('abort', giveUp);
  }
}
