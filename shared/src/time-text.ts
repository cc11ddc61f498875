/** Times and durations as people type them. */
import { InvalidInputError } from './errors.ts';

const unitsMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
const isoPattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds of `90s`, `30m`, `2h`, `1d`, `1h30m`. Throws InvalidInputError naming the field. */
export function parseDuration(text: string, { field }: { readonly field: string }): number {
  if (!durationPattern.test(text)) {
    throw new InvalidInputError(`${field} ${JSON.stringify(text)}: expected a duration such as 90s, 30m, 2h or 1h30m`, {
      field,
    });
  }
  let sumMs = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    sumMs += Number(number) * (unitsMs.get(unit ?? '') ?? Number.NaN);
  }
  return sumMs;
}

/**
 * Unix milliseconds of `now`, of a time before or after now (`-2h`, `+10m`) or of ISO 8601; one without an offset is local
 * time. Throws InvalidInputError naming the field.
 */
export function parseTime(text: string, { nowMs, field }: { readonly nowMs: number; readonly field: string }): number {
  if (text === 'now') return nowMs;
  const sign = text.charAt(0);
  if ((sign === '-' || sign === '+') && durationPattern.test(text.slice(1))) {
    const durationMs = parseDuration(text.slice(1), { field });
    return sign === '-' ? nowMs - durationMs : nowMs + durationMs;
  }
  const isTime = isoPattern.test(text) && isCalendarDay(text.slice(0, 10));
  // A date alone is UTC to Date.parse and local time to everybody else.
  const parsedMs = isTime ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : Number.NaN;
  if (Number.isNaN(parsedMs)) {
    throw new InvalidInputError(
      `${field} ${JSON.stringify(text)}: expected now, a time such as -2h or +10m, or ISO 8601 such as 2026-03-01T08:00:00Z`,
      { field },
    );
  }
  return parsedMs;
}

/** Date.parse takes 30 February for 2 March. */
const isCalendarDay = (date: string): boolean => new Date(`${date}T00:00Z`).getUTCDate() === Number(date.slice(8));
