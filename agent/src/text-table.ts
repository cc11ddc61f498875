/** How a column of text stands. */
export type Align = 'left' | 'right';

const gap = '  ';

/** Lines of rows whose columns are as wide as their widest text; columns are left-aligned unless it is said otherwise. */
export function textTable(rows: readonly (readonly string[])[], aligns: readonly Align[] = []): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, text.length);
  }
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return aligns[column] === 'right' ? text.padStart(width) : text.padEnd(width);
      })
      .join(gap)
      .trimEnd(),
  );
}
