import { stringify } from 'csv-stringify/sync';
import type { Format } from './format.ts';
import type { JsonValue, Row } from './row.ts';

/** For a terminal, whose programs end lines so; or as RFC 4180 has it, for files and other systems. */
export type LineEnd = '\n' | '\r\n';

/** CSV of RFC 4180 with a header; absent is empty, lists and objects are JSON in their cell. */
export function csvFormat<T>(fields: readonly string[], record: (item: T) => Row, lineEnd: LineEnd = '\n'): Format<T> {
  let before = csvLines([fields], lineEnd);
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
          csvLines(
            items.map((item) => {
              const row = record(item);
              return fields.map((field) => row[field] ?? null);
            }),
            lineEnd,
          ),
    end: takeHeader,
  };
}

/** Lines without a header. */
export const csvLines = (lines: readonly (readonly JsonValue[])[], lineEnd: LineEnd): string =>
  stringify(
    lines.map((line) => line.map(cellOf)),
    { record_delimiter: lineEnd },
  );

function cellOf(value: JsonValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return harmless(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a spreadsheet takes for the beginning of a formula, where more follows than ids have. */
const formula = /^[=+\-@\t\r\n＝＋－＠](?![A-Za-z0-9_-]*$)/;

/** A text that a spreadsheet shows and does not compute: with an apostrophe before it. Ids stay as they are, and so do numbers. */
const harmless = (text: string): string => (formula.test(text) ? `'${text}` : text);
