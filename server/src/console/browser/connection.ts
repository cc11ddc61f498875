import type { NetworkState } from './network-state.ts';

/** How the page hears from the server. */
export type Contact =
  | { readonly type: 'connecting' }
  | { readonly type: 'connected' }
  /** Since a time of this machine; tried again all the time. */
  | { readonly type: 'lost'; readonly sinceMs: number };

/** What whoever looks at the page must know of how old it is. */
export type Standing =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** The server is not heard; what is shown is of then, by its clock. */
  | { readonly type: 'lost'; readonly sinceMs: number }
  /** The server is heard and says that its repository cannot be read. */
  | { readonly type: 'unreadable' }
  /** The repository has lost its majority: what is new may be missing since then. */
  | { readonly type: 'minority'; readonly sinceMs: number }
  /** Travel times are no longer made: the newest is of then. */
  | { readonly type: 'behind'; readonly newestMs: number };

/** Estimates come every minute, some seconds after it. */
const behindAfterMs = 3 * 60_000;

export function standingOf(contact: Contact, state: NetworkState, localMs: number): Standing {
  if (contact.type === 'connecting') return contact;
  if (contact.type === 'lost') return { type: 'lost', sinceMs: state.nowMs(contact.sinceMs) };
  const { heartbeat } = state;
  if (heartbeat === undefined) return { type: 'connecting' };
  if (heartbeat.problem !== null) return { type: 'unreadable' };
  if (heartbeat.stale_since !== null) return { type: 'minority', sinceMs: Date.parse(heartbeat.stale_since) };
  const newestMs = state.newestMs();
  if (newestMs !== undefined && state.nowMs(localMs) - newestMs > behindAfterMs) return { type: 'behind', newestMs };
  return { type: 'live' };
}
