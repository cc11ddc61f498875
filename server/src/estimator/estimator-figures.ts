/** What an estimator has come to since it started. */
export interface EstimatorFigures {
  /** Travel times that were published of a link's minute for the first time, and again, as late events had changed them. */
  readonly published: Readonly<Record<'first' | 'revised', number>>;
  /** What it remembers: bytes of the heap of its thread that are in use. */
  readonly heapBytes: number;
}

/** Counts estimates as they are published. */
export class PublishedCounts {
  readonly #counts = { first: 0, revised: 0 };

  add(revisions: readonly number[]): void {
    const first = revisions.filter((revision) => revision === 1).length;
    this.#counts.first += first;
    this.#counts.revised += revisions.length - first;
  }

  get all(): EstimatorFigures['published'] {
    return { ...this.#counts };
  }
}
