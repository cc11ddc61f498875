/** Text of rows; what was there before decides what comes between. */
export interface Format<T> {
  rows(items: readonly T[]): string;
  /** To be called once, after the last rows, even where there were none. */
  end(): string;
}

/** The text of pages, as they come: an empty text for a page that adds nothing, so that whoever waits sees that work goes on. */
export async function* textOf<T>(pages: AsyncIterable<readonly T[]>, format: Format<T>): AsyncGenerator<string> {
  for await (const page of pages) yield format.rows(page);
  yield format.end();
}
