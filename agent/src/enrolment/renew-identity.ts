import { serialOf } from '@tdc/shared/detector-certificate.ts';
import type { Agent } from '../agent.ts';
import type { AgentConfig } from '../config.ts';
import type { Context } from '../context.ts';
import type { Identity } from './identity-file.ts';
import { keepRenewing } from './keep-renewing.ts';

/** Keeps the certificate that this box has enrolled for from ending, until the signal. */
export async function renewIdentity(
  { config: { collectorAddress }, clock, log }: Context,
  { identityFile, local }: { readonly identityFile: string; readonly local: Pick<AgentConfig, 'collectorAddress'> },
  agent: Agent,
  signal: AbortSignal,
): Promise<void> {
  const onRenewed = ({ certificate }: Identity) => {
    log.info({ serial: serialOf(certificate), validTo: certificate.validToDate.toISOString() }, 'certificate renewed');
    agent.reconnect();
  };
  const onFailed = ({ message }: Error, waitMs: number) =>
    agent.warn(`the certificate was not renewed: ${message}`, { waitMs: Math.round(waitMs) });
  const addresses = { collectorAddress, keptAddress: local.collectorAddress };
  await keepRenewing({ identityFile, ...addresses, clock, random: Math.random, onRenewed, onFailed }, signal);
}
