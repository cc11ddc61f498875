const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const nothing = '·';

/** A line of bars between the least and the most of the values; a dot where there is none. At most `width` characters, by means of neighbours. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const groupSize = Math.max(1, Math.ceil(values.length / width));
  const groups = Array.from({ length: Math.ceil(values.length / groupSize) }, (_, i) =>
    meanOf(values.slice(i * groupSize, (i + 1) * groupSize)),
  );
  const known = groups.filter((value) => value !== undefined);
  const least = Math.min(...known);
  const span = Math.max(...known) - least;
  return groups
    .map((value) => {
      if (value === undefined) return nothing;
      const height = span === 0 ? 0 : Math.round(((value - least) / span) * (bars.length - 1));
      return bars[height] ?? nothing;
    })
    .join('');
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
