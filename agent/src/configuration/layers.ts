import type { Resolved } from '@tdc/shared/config.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import { agentConfigOf, stateDirOf } from '../config.ts';
import type { AgentOptionTable } from '../config-options.ts';
import { configurationFileIn } from '../state-dir.ts';
import { readConfiguration } from './configuration-file.ts';
import { inForce, type SignedConfiguration } from './remote-configuration.ts';

/**
 * The options of this box, with what a configuration by letter says between file and environment, or without one. Throws InvalidInputError with
 * everything that is wrong with any of them.
 */
export type Layers = (configuration?: SignedConfiguration) => Resolved<AgentOptionTable>;

/**
 * The options as the agent of this box works with them, or would. A configuration by letter that cannot be used is told, and left out, as by the
 * agent itself. Throws InvalidInputError for what was given on the box.
 */
export function resolvedInForce(
  layers: Layers,
  stateHome: string,
  tell: (message: string) => void,
): Resolved<AgentOptionTable> {
  const local = layers();
  const config = agentConfigOf(local.values, stateHome);
  const { author } = config.byLetter;
  const { detectorId } = config.given;
  if (author === undefined || detectorId === undefined) return local;
  try {
    const file = configurationFileIn(stateDirOf(config));
    const configuration = inForce(readConfiguration(file, { detectorId, author }));
    if (configuration === undefined) return local;
    const resolved = layers(configuration);
    agentConfigOf(resolved.values, stateHome);
    return resolved;
  } catch (error) {
    if (!(error instanceof TdcError)) throw error;
    tell(`without the configuration by letter: ${error.message}`);
    return local;
  }
}
