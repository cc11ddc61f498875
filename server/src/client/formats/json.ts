import type { Format } from '../../formats/format.ts';
import type { Row } from '../../formats/row.ts';

/** One array, a row a line. */
export function jsonFormat<T>(record: (item: T) => Row): Format<T> {
  let before = '[\n';
  return {
    rows: (items) => {
      let text = '';
      for (const item of items) {
        text += before + JSON.stringify(record(item));
        before = ',\n';
      }
      return text;
    },
    end: () => (before === ',\n' ? '\n]\n' : '[]\n'),
  };
}
