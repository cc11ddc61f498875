/** One line of the table: a measured value, and what it was compared with in the same run. */
export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is compared with, and what that measured. */
  readonly against?: { readonly what: string; readonly value: number };
  /** value / against. */
  readonly ratio?: number;
  /** What was hoped for, in words. */
  readonly aim?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3).replace(/\.?0+$/, '');

export function markdownTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ what, value, unit, against, ratio, aim }) =>
    [
      what,
      `${rounded(value)} ${unit}`,
      against === undefined ? '' : `${against.what}: ${rounded(against.value)} ${unit}`,
      ratio === undefined ? '' : ratio.toFixed(2),
      aim ?? '',
    ].join(' | '),
  );
  return ['what | measured | against | ratio | aim', '--- | --- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n');
}
