/** ISO 8601 in UTC, for programs. */
export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
