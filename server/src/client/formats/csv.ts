import { stringify } from 'csv-stringify/sync';
import type { Format, JsonValue, Row } from './view.ts';

/** CSV of RFC 4180 with a header, lines ending in LF; absent is empty, lists and objects are JSON in their cell. */
export function csvFormat<T>(fields: readonly string[], record: (item: T) => Row): Format<T> {
  let before = stringify([fields]);
  const takeHeader = (): string => {
    const header = before;
    before = '';
    return header;
  };
  return {
    rows: (items) =>
      items.length === 0
        ? ''
        : takeHeader() +
          stringify(
            items.map((item) => {
              const row = record(item);
              return fields.map((field) => cellOf(row[field] ?? null));
            }),
          ),
    end: takeHeader,
  };
}

function cellOf(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
