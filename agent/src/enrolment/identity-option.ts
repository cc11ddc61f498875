import { join } from 'node:path';
import { option } from '@tdc/shared/config.ts';
import { z } from 'zod';

export const identityOption = option(
  'identity.file',
  z.string().min(1).optional(),
  undefined,
  'file that "tdc-agent enrol" makes: the certificate of this box, and what it is for; by default identity.pem in state_dir, or in ~/.local/state/tdc/agent',
);

/** Where the identity is. */
export function identityFileOf(
  values: { readonly 'identity.file': string | undefined; readonly state_dir: string | undefined },
  stateHome: string,
): string {
  return values['identity.file'] ?? join(values.state_dir ?? join(stateHome, 'agent'), 'identity.pem');
}
