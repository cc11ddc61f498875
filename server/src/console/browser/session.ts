import { ApiError, askJson, isSignInNeeded } from './api.ts';
import type { Session } from './api-types.ts';

const address = '/api/v1/session';
const retryMs = 2000;

/** Whether somebody has to sign in, and why. */
export type Access =
  | { readonly type: 'asking'; readonly isAway: boolean }
  | { readonly type: 'in'; readonly session: Session }
  | { readonly type: 'out'; readonly problem: { readonly what: 'failed' | 'ended'; readonly why: string } | undefined };

/** Asks until there is an answer. */
export async function findAccess(onAway: () => void): Promise<Access> {
  for (;;) {
    try {
      const session = await askJson<Session>(address);
      return session.access === 'needed' ? { type: 'out', problem: undefined } : { type: 'in', session };
    } catch (error) {
      if (isSignInNeeded(error)) return { type: 'out', problem: { what: 'ended', why: error.message } };
      onAway();
      const waitMs = error instanceof ApiError ? Math.max(error.retryAfterMs, retryMs) : retryMs;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** The token goes to the server, which gives it back as a cookie that no script can read. */
export async function signIn(token: string): Promise<Access> {
  try {
    const session = await askJson<Session>(address, { method: 'POST', body: { token } });
    return { type: 'in', session };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { type: 'out', problem: { what: 'failed', why } };
  }
}

/** Resolves whether or not the server has answered: the page forgets what it knows in any case. */
export async function signOut(): Promise<void> {
  await fetch(address, { method: 'DELETE' }).catch(() => {});
}
