import type { Clock } from '@tdc/shared/clock.ts';
import { AccessError, LimitError } from '@tdc/shared/errors.ts';
import { hostOf } from '@tdc/shared/loopback.ts';
import { peerNetwork } from '@tdc/shared/peer-network.ts';
import { RateTable } from '../access/rate-table.ts';

/** Tokens and certificates that one peer address may have refused: ten at once, then one in ten seconds. */
const rate = { perSecond: 0.1, burst: 10 } as const;

/** Keeps who tries tokens from trying many. */
export class Refusals {
  readonly #refusals: RateTable;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#refusals = new RateTable(rate, clock);
  }

  /** Does the work for a peer (host:port); throws LimitError when it has had too many refused, whatever it brings now. */
  async guard<T>(peer: string, work: () => Promise<T>): Promise<T> {
    const key = peerNetwork(hostOf(peer).replace(/^\[|\]$/g, ''));
    const waitMs = this.#refusals.waitMs(key);
    if (waitMs > 0)
      throw new LimitError('too many tokens or certificates of this address were refused: wait', {
        retryAfterMs: waitMs,
      });
    try {
      return await work();
    } catch (error) {
      if (error instanceof AccessError) this.#refusals.take(key);
      throw error;
    }
  }
}
