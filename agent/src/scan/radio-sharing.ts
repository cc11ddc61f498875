import { existsSync } from 'node:fs';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { type AgentConfig, stateDirOf } from '../config.ts';
import { statePaths } from '../state-dir.ts';
import { askStatus } from '../status-service.ts';

/** What scanners hear with. Two on the same take it from each other; the simulated road and recordings need nothing. */
const radios = new Map([
  ['ble', 'the Bluetooth adapter'],
  ['classic', 'the Bluetooth adapter'],
  ['wifi-monitor', 'the Wi-Fi interface'],
  ['wifi-access-points', 'the Wi-Fi interface'],
  ['exec', 'the program of exec'],
]);

/** The radios that two lists of scanners both want. */
export function sharedRadios(names: readonly string[], others: readonly string[]): readonly string[] {
  const taken = new Set(others.map((name) => radios.get(name)));
  return [...new Set(names.flatMap((name) => radios.get(name) ?? []))].filter((radio) => taken.has(radio));
}

/**
 * What is to be said of an agent that runs in the state folder; undefined when none does, or when it uses other radios. Throws PreconditionError
 * when it uses the same ones and they are not to be shared.
 */
export async function remarkOnSharing(config: AgentConfig, shares: boolean): Promise<string | undefined> {
  const { given, scanners } = config;
  if (given.stateDir === undefined && given.detectorId === undefined) return undefined;
  const running = await runningScanners(statePaths(stateDirOf(config)).socket);
  const shared = sharedRadios(scanners, running);
  if (shared.length === 0) return undefined;
  const what = `a running agent uses ${shared.join(' and ')} too: each hears less while both do, and the agent may have to begin anew`;
  if (shares) return what;
  throw new PreconditionError(`${what}; stop the agent first, or give --share-radio`);
}

/** None where no agent answers. */
async function runningScanners(socket: string): Promise<readonly string[]> {
  if (!existsSync(socket)) return [];
  try {
    return (await askStatus(socket)).scanners.map(({ name }) => name);
  } catch (error) {
    // A socket that an agent has left behind when it was killed.
    if (error instanceof UnavailableError) return [];
    throw error;
  }
}
