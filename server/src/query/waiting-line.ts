import { LimitError } from '@tdc/shared/errors.ts';

const retryAfterMs = 1000;

/** For what is much work: one goes on at a time in a process, others wait for it, and not too many. */
export class WaitingLine {
  readonly #what: string;
  readonly #waitingMax: number;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** What is asked for, in words, and how many may wait, the one that goes on among them. */
  constructor(what: string, waitingMax: number) {
    this.#what = what;
    this.#waitingMax = waitingMax;
  }

  /** Does the work when it is its turn. Throws LimitError when too many wait, and the signal's reason when nobody waits for this one any more. */
  async take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#waiting >= this.#waitingMax) {
      throw new LimitError(`${this.#waitingMax} requests for ${this.#what} wait already`, { retryAfterMs });
    }
    this.#waiting++;
    const turn = this.#turn.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}
