import { type Logger, pino } from 'pino';

export type { Logger };

/** Structured logs: one JSON object a line, with the time in ISO 8601, on standard output or where `output` takes them. */
export function createLogger({
  level,
  output = process.stdout,
}: {
  readonly level: string;
  readonly output?: LogOutput;
}) {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
}

interface LogOutput {
  write(line: string): unknown;
}
