/** Full jitter: the wait before try n (from 0) is uniform in [0, min(baseMs * 2^n, maxMs)]. */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}

export function backoffMs(policy: BackoffPolicy, attempt: number, random: () => number): number {
  return random() * Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt, 52));
}
