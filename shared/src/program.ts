import { Command, CommanderError } from 'commander';
import { InvalidInputError } from './errors.ts';

/** The root of a program's commands; what its user got wrong ends it through runProgram. */
export function newProgram(name: string, description: string, version: string): Command {
  return new Command(name)
    .description(description)
    .version(version)
    .showHelpAfterError(`(${name} --help shows what there is)`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, `${name}:`)) })
    .exitOverride();
}

const exitCodes = { failure: 1, usage: 2, interrupted: 130 } as const;
/** The least that may pass between two signals of one Ctrl-C, which a terminal and npm both send. */
const secondSignalAfterMs = 500;

/**
 * Runs a program. SIGINT and SIGTERM abort the signal that `main` gets; a second one ends the process at once. An error is
 * printed on standard error, a line each problem, without a stack. Exit codes: 0 done, 1 failed, 2 wrong usage or
 * configuration, 130 interrupted; `main` may set one.
 */
export async function runProgram(
  name: string,
  main: (argv: readonly string[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  let firstSignalMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (firstSignalMs !== undefined && nowMs - firstSignalMs > secondSignalAfterMs) process.exit(exitCodes.interrupted);
    firstSignalMs ??= nowMs;
    stop.abort(new Error(`stopped by ${signal}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A reader such as `head` that has enough ends the program quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    await main(normalFlags(process.argv.slice(2)), stop.signal);
  } catch (error) {
    process.exitCode = exitCodeOf(error, stop.signal);
    if (!(error instanceof CommanderError) && error !== stop.signal.reason) report(name, error);
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

/** `--collector_port` and `--etcd.prefix` are `--collector-port` and `--etcd-prefix`. */
export function normalFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) =>
    end !== -1 && index >= end ? word : word.replace(/^--[A-Za-z][\w.-]*/, (flag) => flag.replace(/[._]/g, '-')),
  );
}

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof InvalidInputError) return exitCodes.usage;
  return signal.aborted && error === signal.reason ? exitCodes.interrupted : exitCodes.failure;
}

function report(name: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  for (const line of message.split('\n')) process.stderr.write(`${name}: ${line}\n`);
}
