import { join } from 'node:path';
import { Program } from './program.ts';

/** A server that serves. */
export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  /** `host:port` of each service. */
  readonly collector: string;
  readonly query: string;
  readonly health: string;
  readonly http: string;
}

export const serverArgs = (directory: string, ...flags: readonly string[]): readonly string[] => [
  'serve',
  ...['--collector-port', '0', '--query-port', '0', '--health-port', '0', '--http-port', '0'],
  ...['--sqlite-file', join(directory, 'server.sqlite'), '--retention-hours', '0'],
  ...flags,
];

/** Starts a server over the repository in the directory and waits until it serves, on ports of its choice. */
export function startServer(directory: string, ...flags: readonly string[]): Promise<RunningServer> {
  return startServerBehind([], directory, ...flags);
}

/** The same by way of a command, such as one that runs it in a network namespace. */
export async function startServerBehind(
  command: readonly string[],
  directory: string,
  ...flags: readonly string[]
): Promise<RunningServer> {
  const program = new Program('tdc-server', serverArgs(directory, ...flags), { directory, command });
  try {
    const serving = await program.jsonLine('serving line', ({ msg }) => msg === 'serving');
    return {
      program,
      collector: String(serving.collector),
      query: String(serving.query),
      health: String(serving.health),
      http: String(serving.http),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}
