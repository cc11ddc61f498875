import { type Level, type Logger, pino } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: string;
  readonly output?: LogOutput;
  /** What each line says besides, asked when it is written; the line's own fields win. */
  readonly fields?: () => object;
}

/** Structured logs: one JSON object a line, with the time in ISO 8601, on standard output or where `output` takes them. */
export function createLogger({ level, output = process.stdout, fields }: LoggerOptions) {
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ level, base: null, timestamp, ...(fields === undefined ? {} : { mixin: fields }) }, output);
}

interface LogOutput {
  write(line: string): unknown;
}

/** Logs what another logger of ours has written, line by line, with the time at which that is done. */
export function relayTo(logger: Logger): (line: string) => void {
  // Errors have become objects already.
  const relay = logger.child({}, { serializers: { err: (error: unknown) => error } });
  return (line) => {
    const { level, time: _time, msg, ...fields } = JSON.parse(line);
    relay[relay.levels.labels[level] as Level](fields, msg);
  };
}
