import Table from 'cli-table3';
import type { Format } from '../../formats/format.ts';
import type { Column } from './view.ts';

const gap = 2;
const noBorders = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left']
    .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);

/** Columns for people, the titles once; a column is never narrower than it was for the rows before. */
export function tableFormat<T>(columns: readonly Column<T>[]): Format<T> {
  const titles = columns.map(({ title, align, widthMin = 0 }) =>
    align === 'right' ? title.padStart(widthMin) : title.padEnd(widthMin),
  );
  const widths = titles.map((title) => title.length);
  let isFirst = true;

  const render = (rows: readonly (readonly string[])[]): string => {
    for (const row of rows) {
      for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length);
    }
    const lines = isFirst ? measuredLines(columns, [titles, ...rows]) : paddedLines(columns, rows, widths);
    isFirst = false;
    return lines.map((line) => `${line.trimEnd()}\n`).join('');
  };

  return {
    rows: (items) =>
      items.length === 0 ? '' : render(items.map((item) => columns.map(({ text }) => printable(text(item))))),
    end: () => (isFirst ? render([]) : ''),
  };
}

/** As wide as the texts are on a terminal, where some characters take two places. */
function measuredLines(
  columns: readonly Pick<Column<never>, 'align'>[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const table = new Table({
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': gap, head: [], border: [] },
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split('\n');
}

/** Rows that come later: measuring them all is a hundred times as slow, and they are many. */
function paddedLines(
  columns: readonly Pick<Column<never>, 'align'>[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): readonly string[] {
  return rows.map((row) =>
    row
      .map((text, i) => {
        const width = widths[i] ?? 0;
        return columns[i]?.align === 'right' ? text.padStart(width) : text.padEnd(width);
      })
      .join(' '.repeat(gap)),
  );
}

/** Names and errors come from elsewhere: nothing in them may move the cursor or colour the terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '·');
