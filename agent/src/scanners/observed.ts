import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';

/** What a scanner under test observes until there is enough, or until it fails. */
export async function observed(
  scanner: Scanner,
  isEnough: (found: readonly Sighting[]) => boolean,
  signal = new AbortController().signal,
) {
  const found: Sighting[] = [];
  const observations: Observation[] = [];
  try {
    for await (const observation of scanner.observe(signal)) {
      observations.push(observation);
      found.push(...observation.sightings);
      if (isEnough(found)) break;
    }
    return { found, observations, error: undefined };
  } catch (error) {
    return { found, observations, error };
  }
}
