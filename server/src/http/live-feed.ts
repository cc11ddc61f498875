import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Clock } from '@tdc/shared/clock.ts';
import { LimitError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Alert } from '../alerts/alert.ts';
import { healthOf } from '../query/detector-health.ts';
import { detectorStates } from '../query/detector-states.ts';
import { linkName } from '../query/link-ends.ts';
import { detectorRecord } from '../records/detector-record.ts';
import type { Repository } from '../repository.ts';
import { EventRate } from './event-rate.ts';
import { type Found, LiveState } from './live-state.ts';
import { publishedRecord } from './published-record.ts';
import { publishedAlert } from './routes/alerts.ts';
import { timeOrNull } from './schemas/fields.ts';
import { eventText } from './server-sent-event.ts';

export interface LiveFeedOptions {
  readonly repository: Pick<Repository, 'network' | 'statuses' | 'estimates' | 'alerts' | 'staleSinceMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shutdown: AbortSignal;
  readonly silentAfterMs: number;
  readonly beatEveryMs?: number;
}

const lookEveryMs = 1000;
const beatEveryMsDefault = 15_000;
const listenersMax = 2000;
/** Alerts that were closed last, and whose end is still told. */
const closedAlertsMax = 200;
const retryMs = 3000;

/** One who listens, until disposed of. */
export interface Listening extends Disposable {
  /** The bytes of server-sent events, until the signal, whose reason it throws. */
  readonly pieces: AsyncIterable<Buffer>;
}

/**
 * The newest estimate of each link and the state of each detector, read once for all who listen, while somebody does. A listener is given what
 * has changed since it was last given something: one that is slow misses what was overtaken, and costs no memory.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  /** Tells the numbers of this process from those of others. */
  readonly #name = randomBytes(6).toString('hex');
  readonly #state = new LiveState();
  readonly #eventRate: EventRate;
  /** Those that listeners may know as not closed. */
  readonly #alerts = new Set<string>();
  /** Those of them whose end is told. */
  #closed: readonly Alert[] = [];
  readonly #news = new EventEmitter().setMaxListeners(0);
  #beats = 0;
  #beatAtMs = 0;
  #problem: string | null = null;
  #staleSince: string | null = null;
  #listeners = 0;
  #reading: { readonly first: Promise<void>; readonly end: AbortController } | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#eventRate = new EventRate(options.silentAfterMs);
  }

  get listeners(): number {
    return this.#listeners;
  }

  /**
   * Begins to listen, from where an earlier answer ended if its last id is known here. Throws LimitError when too many listen, and what the
   * repository throws when there is nothing to begin with.
   */
  async open(lastEventId: string | undefined, signal: AbortSignal): Promise<Listening> {
    if (this.#listeners >= listenersMax) throw new LimitError(`${listenersMax} listen: expected fewer, or a wait`);
    this.#listeners++;
    try {
      this.#reading ??= this.#read();
      await this.#reading.first;
    } catch (error) {
      this.#leave();
      throw error;
    }
    return { pieces: this.#pieces(this.#sequenceOf(lastEventId), signal), [Symbol.dispose]: () => this.#leave() };
  }

  async *#pieces(from: number | undefined, signal: AbortSignal): AsyncGenerator<Buffer> {
    let sequence = from;
    let beats: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      if (sequence === this.#state.sequence && beats === this.#beats) {
        await this.#untilNews(signal);
        continue;
      }
      const known = sequence !== undefined && this.#state.reaches(sequence) ? sequence : undefined;
      if (beats === undefined || known === undefined) {
        yield Buffer.from(eventText('begin', { resumed: known !== undefined }, { retryMs }));
      }
      // Taken before what is yielded, as more may change while the listener takes it.
      sequence = this.#state.sequence;
      beats = this.#beats;
      yield* this.#state.changesSince(known ?? 0);
      yield Buffer.from(this.#beatText(sequence));
    }
  }

  async #untilNews(signal: AbortSignal): Promise<void> {
    try {
      await once(this.#news, 'news', { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Says up to where the listener knows everything. */
  #beatText(sequence: number): string {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const data = {
      time: timeOrNull(nowMs),
      stale_since: this.#staleSince,
      problem: this.#problem,
      events_per_minute: this.#eventRate.perMinute(nowMs) ?? null,
    };
    return eventText('heartbeat', data, { id: `${this.#name}-${sequence}` });
  }

  #sequenceOf(lastEventId: string | undefined): number | undefined {
    const [, name, digits] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
    return name === this.#name ? Number(digits) : undefined;
  }

  #leave(): void {
    this.#listeners--;
    if (this.#listeners > 0) return;
    this.#reading?.end.abort();
    this.#reading = undefined;
  }

  #read() {
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, this.#options.shutdown]);
    const reading = { first: this.#look(signal), end };
    reading.first.then(
      () => this.#keepLooking(signal),
      () => {
        // Whoever waits for it is told; the next one tries again.
        if (this.#reading === reading) this.#reading = undefined;
      },
    );
    return reading;
  }

  async #keepLooking(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await clock.sleep(lookEveryMs, signal);
        await this.#look(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (this.#problem === null)
          logger.error({ err: error }, 'live listeners get nothing new: the repository cannot be read');
        this.#beat('the repository cannot be read: what was sent is of before');
      }
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { repository } = this.#options;
    const [newest, states, current] = await Promise.all([
      repository.estimates.newest(signal),
      detectorStates(repository, signal),
      repository.alerts.current(signal),
    ]);
    await this.#lookForEnds(current, signal);
    const estimates = newest.map((published): Found => {
      const version = `${published.timeMs} ${published.revision}`;
      return { name: linkName(published), event: 'estimate', version, record: () => publishedRecord(published) };
    });
    const { clock, silentAfterMs } = this.#options;
    const detectors = states.map((state): Found => {
      const record = detectorRecord(healthOf(state, clock.nowMs(), silentAfterMs));
      const version = JSON.stringify({ ...record, reported_at: null });
      return { name: record.detector_id, event: 'detector', version, record: () => record };
    });
    this.#eventRate.take(states);
    const alerts = [...this.#closed, ...current].map((alert): Found => {
      const version = String(alert.version);
      const isFinal = alert.closed !== undefined;
      return { name: `alert ${alert.id}`, event: 'alert', version, isFinal, record: () => publishedAlert(alert) };
    });
    const isNew = this.#state.take([...detectors, ...estimates, ...alerts]);
    this.#beat(null);
    if (isNew) this.#news.emit('news');
  }

  /** Reads alerts that are closed only when one that listeners know is not open any more. */
  async #lookForEnds(current: readonly Alert[], signal: AbortSignal): Promise<void> {
    const open = new Set(current.map(({ id }) => id));
    const ended = new Set(this.#closed.map(({ id }) => id));
    if ([...this.#alerts].some((id) => !open.has(id) && !ended.has(id))) {
      const closed = await this.#options.repository.alerts.closed({ limit: closedAlertsMax }, signal);
      // One that is closed between the two reads is told of with the next look.
      this.#closed = closed.filter(({ id }) => this.#alerts.has(id) && !open.has(id));
    }
    this.#alerts.clear();
    for (const { id } of [...current, ...this.#closed]) this.#alerts.add(id);
  }

  /** Lets listeners know that what they have is still so, or that it may not be. */
  #beat(problem: string | null): void {
    const { clock, repository, beatEveryMs = beatEveryMsDefault } = this.#options;
    const staleSince = timeOrNull(repository.staleSinceMs());
    const isSame = problem === this.#problem && staleSince === this.#staleSince;
    if (isSame && clock.monotonicMs() - this.#beatAtMs < beatEveryMs) return;
    this.#problem = problem;
    this.#staleSince = staleSince;
    this.#beatAtMs = clock.monotonicMs();
    this.#beats++;
    this.#news.emit('news');
  }
}
