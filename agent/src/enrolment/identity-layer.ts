import type { Resolved } from '@tdc/shared/config.ts';
import { NotFoundError } from '@tdc/shared/errors.ts';
import type { AgentOptionTable } from '../config-options.ts';
import { detectorOf, type Identity, readIdentity } from './identity-file.ts';
import { identityFileOf } from './identity-option.ts';

/**
 * The options with what the identity of this box says of them: below everything that was given, above the defaults. An identity of another detector
 * than was given, and one beside given files of TLS or a given allow_plaintext, stays unused. Throws InvalidInputError for a damaged one.
 */
export function withIdentity(resolved: Resolved<AgentOptionTable>, stateHome: string): Resolved<AgentOptionTable> {
  const { values, sources } = resolved;
  const isGiven = (path: string) => sources[path] !== 'default';
  if (['tls.ca', 'tls.cert', 'tls.key'].some(isGiven) || values.allow_plaintext) return resolved;
  const file = identityFileOf(values, stateHome);
  const identity = identityIn(file);
  if (identity === undefined) return resolved;
  const detectorId = detectorOf(identity);
  if ((values['detector.id'] ?? detectorId) !== detectorId) return resolved;
  const answers = {
    ...(isGiven('detector.id') ? {} : { 'detector.id': detectorId }),
    ...(isGiven('collector.address') ? {} : { 'collector.address': identity.collectorAddress }),
    'tls.ca': file,
    'tls.cert': file,
    'tls.key': file,
  };
  const source = `identity file ${file}`;
  return {
    ...resolved,
    values: { ...values, ...answers },
    sources: { ...sources, ...Object.fromEntries(Object.keys(answers).map((path) => [path, source])) },
  };
}

function identityIn(file: string): Identity | undefined {
  try {
    return readIdentity(file);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
