import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { parseDuration } from '@tdc/shared/time-text.ts';
import { quoted } from '@tdc/shared/wire.ts';
import type { AccessToken, AccessTokenStore } from '../access-token-store.ts';
import type { Role } from './principal.ts';
import { hashedToken, newToken } from './token.ts';

const msPerDay = 86_400_000;
const namePattern = /^[A-Za-z0-9_.@-]{1,64}$/;
const secondsByDefault = 90 * 86_400;
const secondsMax = 366 * 86_400;
const secondsMin = 60;
/** How long a token that has expired can still be looked up, so that its user is told why it does not work. */
const keptAfterEndMs = 30 * msPerDay;

export interface TokenWanted {
  readonly name: string;
  readonly role: Role;
  /** How long it is good; 0 stands for 90 days. */
  readonly seconds: number;
}

export interface MadeToken {
  /** The secret; it is kept nowhere. */
  readonly token: string;
  readonly kept: AccessToken;
}

/** Makes a token. Throws InvalidInputError for a wrong name or life, LimitError when there are too many. */
export async function createToken(
  store: AccessTokenStore,
  clock: Pick<Clock, 'nowMs'>,
  { name, role, seconds }: TokenWanted,
  signal: AbortSignal,
): Promise<MadeToken> {
  if (!namePattern.test(name)) {
    throw new InvalidInputError(`${quoted(name)}: expected 1 to 64 of letters, digits and _.@-`, { field: 'name' });
  }
  const life = seconds === 0 ? secondsByDefault : expectLife(seconds, 'seconds');
  const nowMs = clock.nowMs();
  await store.removeExpired(nowMs - keptAfterEndMs, signal);
  const token = newToken();
  const kept: AccessToken = {
    ...hashedToken(token),
    name,
    role,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + life * 1000,
  };
  await store.add(kept, signal);
  return { token, kept };
}

function expectLife(seconds: number, field: string): number {
  if (seconds >= secondsMin && seconds <= secondsMax) return seconds;
  throw new InvalidInputError(
    `${field}: ${seconds} seconds came, expected ${secondsMin} to ${secondsMax}, which is 366 days`,
    { field },
  );
}

/** Of `--expires`. Throws InvalidInputError. */
export const lifeSecondsOf = (expires: string): number =>
  expectLife(Math.round(parseDuration(expires, { field: '--expires' }) / 1000), '--expires');
