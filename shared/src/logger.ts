import { type Logger, pino } from 'pino';

export type { Logger };

/** Structured logs: one JSON object a line on standard output, with the time in ISO 8601. */
export function createLogger({ level }: { readonly level: string }): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
