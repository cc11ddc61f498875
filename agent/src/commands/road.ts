import type { Network } from '@tdc/shared/network.ts';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import type { AgentConfig } from '../config.ts';
import { type Road, simulatedRoad } from '../simulation/road.ts';

/** The road of a network file with its made-up traffic: the same for the same seed, in every process. */
export async function roadOf(
  networkFile: string,
  { seed, vehiclesPerHour }: AgentConfig['simulation'],
): Promise<{ readonly road: Road; readonly network: Network }> {
  const network = await readNetworkFile(networkFile);
  return { road: simulatedRoad({ network, seed, vehiclesPerHour }), network };
}
