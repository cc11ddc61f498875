const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A duration in its largest unit: `12 s`, `3 min`, `2 h`, `4 d`. */
export function roughDuration(ms: number): string {
  const [name, unitMs] = units.find(([, each]) => ms >= each) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(ms / unitMs))} ${name}`;
}
