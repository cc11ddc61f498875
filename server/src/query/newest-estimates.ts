import type { PublishedEstimate } from '../repository.ts';
import type { QueryContext } from './context.ts';

const lookEveryMs = 1000;
/** What all who watch share may be so old. */
const ageMsMax = 900;

/** The newest estimates, read once for all who watch them. */
export class NewestEstimates {
  readonly #context: Pick<QueryContext, 'repository' | 'clock'>;
  #reading: Promise<readonly PublishedEstimate[]> | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: Pick<QueryContext, 'repository' | 'clock'>) {
    this.#context = context;
  }

  /** All of them, at once and then about every second, until the signal, whose reason it throws. */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly PublishedEstimate[]> {
    for (;;) {
      signal.throwIfAborted();
      yield await this.#read();
      await this.#context.clock.sleep(lookEveryMs, signal);
    }
  }

  /** Nobody's own signal ends what others wait for too; the repository has deadlines of its own. */
  #read(): Promise<readonly PublishedEstimate[]> {
    const { repository, clock } = this.#context;
    const nowMs = clock.monotonicMs();
    if (this.#reading === undefined || nowMs - this.#readAtMs > ageMsMax) {
      this.#readAtMs = nowMs;
      this.#reading = repository.estimates.newest(new AbortController().signal);
      // A failure reaches those who wait; the next look tries again.
      this.#reading.catch(() => {
        this.#reading = undefined;
      });
    }
    return this.#reading;
  }
}
