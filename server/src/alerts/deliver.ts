import { backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { AlertStore } from '../alert-store.ts';
import type { Claim } from '../repository.ts';
import { type Tracing, traced } from '../tracing/tracing.ts';
import type { Notice } from './alert.ts';
import { type Channel, NotTakenError } from './channel.ts';
import type { NoticeCounts } from './notice-counts.ts';

export interface DeliveryOptions {
  readonly alerts: Pick<AlertStore, 'notices' | 'removeNotices'>;
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly lookEveryMs: number;
  readonly counts?: Pick<NoticeCounts, 'add'>;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
}

const backoff = { baseMs: 5000, maxMs: 10 * 60_000 };
/** A notice that nobody has taken for so long is old news. */
const ageMsMax = 24 * 3_600_000;
/** How often a notice is refused before it is given up. */
const refusalsMax = 5;

/**
 * Tells what is to be told, under the claim and until the signal: each channel in its order, and each again after a failure. A notice is removed once it
 * has been taken; who is stopped between the two tells it again, under the same id.
 */
export async function deliver(options: DeliveryOptions, claim: Claim, signal: AbortSignal): Promise<void> {
  const { alerts, clock, logger, channels, lookEveryMs, counts } = options;
  const deliveries = new Map(channels.map((channel) => [channel.name, new Delivery(channel, options)]));
  for (;;) {
    const all = await alerts.notices(signal);
    const known = all.filter(({ channel }) => deliveries.has(channel));
    const gone = all.filter(({ channel, madeAtMs }) => !deliveries.has(channel) || clock.nowMs() - madeAtMs > ageMsMax);
    if (gone.length > 0)
      logger.error({ notices: gone.map(({ id }) => id) }, 'notices of alerts are given up: nobody takes them');
    for (const { channel } of gone) counts?.add(channel, 'given_up', 1);
    const due = known.filter((notice) => !gone.includes(notice));
    const told = await Promise.all(
      [...deliveries].map(([name, delivery]) =>
        delivery.send(
          due.filter(({ channel }) => channel === name),
          signal,
        ),
      ),
    );
    const done = [...gone.map(({ id }) => id), ...told.flat()];
    if (done.length > 0) await alerts.removeNotices(claim, done, signal);
    else await clock.sleep(lookEveryMs, signal);
  }
}

/** What one channel has come to. */
class Delivery {
  readonly #channel: Channel;
  readonly #options: DeliveryOptions;
  #failures = 0;
  #notBeforeMs = 0;
  /** Of the notice that comes first. */
  #refusals: { readonly id: string; readonly count: number } = { id: '', count: 0 };

  constructor(channel: Channel, options: DeliveryOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  /** Sends the first of the notices; resolves to the ids of those that need not be sent any more. */
  async send(notices: readonly Notice[], signal: AbortSignal): Promise<readonly string[]> {
    const { clock, logger, tracing } = this.#options;
    const some = notices.slice(0, this.#channel.noticesMax);
    if (some.length === 0 || clock.monotonicMs() < this.#notBeforeMs) return [];
    const ids = some.map(({ id }) => id);
    try {
      const attributes = { 'tdc.channel': this.#channel.name, 'tdc.notices': some.length };
      await traced(tracing, { name: 'tell of alerts', kind: 'client', attributes }, () =>
        this.#channel.send(some, signal),
      );
      logger.info({ channel: this.#channel.name, notices: ids }, 'told of alerts');
      this.#failures = 0;
      this.#count('taken', ids);
      return ids;
    } catch (error) {
      if (signal.aborted || !(error instanceof NotTakenError)) throw error;
      return this.#failed(error, ids);
    }
  }

  #failed(error: NotTakenError, ids: readonly string[]): readonly string[] {
    const { clock, logger, random } = this.#options;
    const waitMs = backoffMs(backoff, this.#failures++, random);
    this.#notBeforeMs = clock.monotonicMs() + waitMs;
    const [first = ''] = ids;
    this.#count('not_taken', ids);
    const fields = { channel: this.#channel.name, notices: ids, reason: error.message };
    if (!error.retryable) {
      const count = this.#refusals.id === first ? this.#refusals.count + 1 : 1;
      this.#refusals = { id: first, count };
      if (count >= refusalsMax) {
        logger.error(fields, 'notices of alerts are given up: they were refused');
        this.#count('given_up', ids);
        return ids;
      }
    }
    logger.warn({ ...fields, waitMs: Math.round(waitMs) }, 'notices of alerts were not taken, and are sent again');
    return [];
  }

  #count(outcome: Parameters<NoticeCounts['add']>[1], ids: readonly string[]): void {
    this.#options.counts?.add(this.#channel.name, outcome, ids.length);
  }
}
