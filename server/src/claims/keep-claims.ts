import type { Clock } from '@tdc/shared/clock.ts';
import { ClaimLostError, UnavailableError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Claim, ClaimStore, WorkerSession } from '../repository.ts';
import { fairShares } from './fair-shares.ts';

/** How often workers look at each other. */
const lookEveryMs = 1000;

export interface KeepClaimsOptions {
  readonly claims: ClaimStore;
  /** Tells this worker from all others. */
  readonly workerId: string;
  /** What there is to work on, now. */
  readonly names: (signal: AbortSignal) => Promise<readonly string[]>;
  /**
   * Works under a claim until the signal, which aborts when the claim is lost or is to go to another worker. When it rejects
   * otherwise the claim is given back, and claimed anew.
   */
  readonly work: (claim: Claim, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes this worker's fair share of the work, and goes on doing so as workers and work come and go, until the signal. */
export async function keepClaims(options: KeepClaimsOptions, signal: AbortSignal): Promise<void> {
  const { claims, workerId, clock, logger } = options;
  while (!signal.aborted) {
    try {
      await using session = await claims.join(workerId, signal);
      await new Worker(options, session).run(AbortSignal.any([signal, session.lost]));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof UnavailableError || error instanceof ClaimLostError)) throw error;
      logger.warn({ err: error, worker: workerId }, 'a worker has lost its claims, and comes again');
      await pause(clock, signal);
    }
  }
}

interface Job {
  readonly claim: Claim;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

class Worker {
  readonly #options: KeepClaimsOptions;
  readonly #session: WorkerSession;
  readonly #jobs = new Map<string, Job>();

  constructor(options: KeepClaimsOptions, session: WorkerSession) {
    this.#options = options;
    this.#session = session;
  }

  /** Throws when the session is lost; all work has stopped by then. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#look(signal);
        await pause(this.#options.clock, signal);
      }
      signal.throwIfAborted();
    } finally {
      await Promise.all([...this.#jobs.values()].map((job) => this.#end(job)));
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { claims, names, workerId } = this.#options;
    const shares = fairShares(await claims.workers(signal), await names(signal));
    for (const [name, job] of this.#jobs) {
      if (shares.get(name) === workerId) continue;
      await this.#end(job);
      await this.#session.release(job.claim, signal);
    }
    for (const [name, worker] of shares) {
      if (worker !== workerId || this.#jobs.has(name)) continue;
      const claim = await this.#session.claim(name, signal);
      if (claim !== undefined) this.#begin(claim, signal);
    }
  }

  #begin(claim: Claim, signal: AbortSignal): void {
    const { work, logger } = this.#options;
    const stop = new AbortController();
    const done = work(claim, AbortSignal.any([signal, stop.signal]))
      .catch((error: unknown) => {
        if (stop.signal.aborted || signal.aborted) return;
        logger.warn({ err: error, name: claim.name }, 'work under a claim failed, and is begun anew');
      })
      .then(() => {
        this.#jobs.delete(claim.name);
      });
    this.#jobs.set(claim.name, { claim, stop, done });
  }

  async #end({ stop, done }: Job): Promise<void> {
    stop.abort(new ClaimLostError('the claim goes to another worker'));
    await done;
  }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return clock.sleep(lookEveryMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
