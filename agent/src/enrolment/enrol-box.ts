import type { Clock } from '@tdc/shared/clock.ts';
import type { EnrolmentToken } from '@tdc/shared/enrolment-token.ts';
import { enrolAt } from './enrolment-client.ts';
import { type Identity, writeIdentity } from './identity-file.ts';
import { forgetPendingKey, pendingKey } from './pending-key.ts';
import { pinnedAuthority } from './pinned-authority.ts';

export interface EnrolOptions {
  readonly token: EnrolmentToken;
  readonly identityFile: string;
  readonly clock: Clock;
}

const pendingFileOf = (identityFile: string): string => `${identityFile}.pending`;

/**
 * Makes this box the detector of the token. It can be done again with the same token, interrupted at any moment or not, until `finishEnrolment`.
 * Rejects with a TdcError; the identity that was there before stays then.
 */
export async function enrolBox({ token, identityFile, clock }: EnrolOptions, signal: AbortSignal): Promise<Identity> {
  const server = { address: token.collectorAddress, pin: token.pin, nowMs: clock.nowMs() };
  const authority = await pinnedAuthority(server, signal);
  const key = pendingKey(pendingFileOf(identityFile), token.secret);
  const identity = await enrolAt(authority, token, key, signal);
  writeIdentity(identityFile, identity);
  return identity;
}

/** Forgets what a repetition would need. */
export const finishEnrolment = (identityFile: string): void => forgetPendingKey(pendingFileOf(identityFile));
