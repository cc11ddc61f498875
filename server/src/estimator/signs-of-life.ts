import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { StatusStore } from '../repository.ts';

/** How often statuses are looked at. */
const lookEveryMs = 5000;
/** A detector that gives no sign for so long is down: agents report twice a minute. */
export const silenceMsMax = 100_000;

/** When the agents last reported, as the collectors have seen it. */
export class SignsOfLife {
  readonly #statuses: StatusStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #reportedAtMs: ReadonlyMap<string, number> = new Map();

  constructor(statuses: StatusStore, clock: Clock, logger: Logger) {
    this.#statuses = statuses;
    this.#clock = clock;
    this.#logger = logger;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const statuses = await this.#statuses.list(signal);
        this.#reportedAtMs = new Map(statuses.map(({ status, reportedAtMs }) => [status.detectorId, reportedAtMs]));
      } catch (error) {
        if (!signal.aborted) this.#logger.warn({ err: error }, 'the statuses of detectors could not be read');
      }
      await this.#clock.sleep(lookEveryMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** Whether a detector whose agent has reported before is silent at a time. Events count as signs too. */
  isDown(detectorId: string, timeMs: number, lastMadeMs: number | undefined): boolean {
    const reportedAtMs = this.#reportedAtMs.get(detectorId);
    return reportedAtMs !== undefined && timeMs - Math.max(reportedAtMs, lastMadeMs ?? 0) > silenceMsMax;
  }
}
