import type { Format } from '../../formats/format.ts';
import type { Row } from '../../formats/row.ts';

/** One JSON object a line. */
export function ndjsonFormat<T>(record: (item: T) => Row): Format<T> {
  return {
    rows: (items) => items.map((item) => `${JSON.stringify(record(item))}\n`).join(''),
    end: () => '',
  };
}
