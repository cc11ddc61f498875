import type { Format, Row } from './view.ts';

/** One JSON object a line. */
export function ndjsonFormat<T>(record: (item: T) => Row): Format<T> {
  return {
    rows: (items) => items.map((item) => `${JSON.stringify(record(item))}\n`).join(''),
    end: () => '',
  };
}
