import type { AgentSnapshot } from './status.ts';

/** How an agent is, in the line that a service manager shows beside the service. */
export function statusLine({ connection, events, scanners }: AgentSnapshot): string {
  const heard = scanners.map(({ name, state }) => `${name} ${state}`).join(', ') || 'no scanner';
  const uncommitted = events.uncommitted === 0 ? '' : `, ${events.uncommitted} of them not on disk`;
  return `${heard}; ${connection}; ${events.inOutbox} events wait${uncommitted}`;
}
