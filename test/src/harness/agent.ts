import { join } from 'node:path';
import { Program, type ProgramOptions, runProgram } from './program.ts';

/** Makes a key file whose epoch is that of the time, so that a recording from then on has its changes of epoch. */
export async function makeKeyFile(directory: string, fromMs: number): Promise<string> {
  const file = join(directory, 'network-key.json');
  const epoch = Math.max(0, Math.floor((fromMs - 3 * 3_600_000) / 86_400_000));
  const made = await runProgram('tdc-agent', ['key', 'generate', '--file', file, '--epoch', `${epoch}`], { directory });
  if (made.code !== 0) throw new Error(made.describe());
  return file;
}

export interface AgentPlace {
  readonly directory: string;
  readonly detectorId: string;
  readonly keyFile: string;
  /** `host:port`; none for an agent that does not send. */
  readonly collector?: string;
}

/** Where this detector's agent keeps its state. */
export const stateDirectory = ({ directory, detectorId }: AgentPlace): string => join(directory, 'agents', detectorId);

/** A command of the agent of one detector, as a process of its own. */
export function startAgent(
  place: AgentPlace,
  command: readonly string[],
  flags: readonly string[] = [],
  options: Pick<ProgramOptions, 'env' | 'command'> = {},
): Program {
  const { directory, detectorId, keyFile, collector } = place;
  return new Program(
    'tdc-agent',
    [
      ...command,
      ...['--detector-id', detectorId, '--state-dir', stateDirectory(place), '--key-file', keyFile],
      ...(collector === undefined ? [] : ['--collector-address', collector]),
      ...['--log-level', 'warn'],
      ...flags,
    ],
    { directory, ...options },
  );
}

/** Runs one command in the agents of all places, a process each and all at once; resolves to the summaries they print. */
export async function runAgents(
  places: readonly AgentPlace[],
  command: readonly string[],
  flags: readonly string[] = [],
): Promise<readonly Record<string, unknown>[]> {
  return Promise.all(
    places.map(async (place) => {
      await using agent = startAgent(place, command, flags);
      await agent.exitsWith(0, 300_000);
      const summary = agent.jsonLines().at(-1);
      if (summary === undefined) throw new Error(`no summary of ${agent.describe()}`);
      return summary;
    }),
  );
}
