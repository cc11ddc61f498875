import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { z } from 'zod';
import type { EstimationEvent } from '../estimation/estimation-event.ts';
import { passageMsMax } from '../estimation/matcher.ts';
import { Surroundings } from '../estimation/surroundings.ts';
import type { Claim, Repository } from '../repository.ts';
import { type Tracing, traced } from '../tracing/tracing.ts';
import { type Destination, DestinationReplay } from './destination-replay.ts';
import type { PublishedCounts } from './estimator-figures.ts';
import type { EventFeed, FeedListener } from './event-feed.ts';
import { minuteMs, minuteOf } from './event-history.ts';
import { Publication, type Ready } from './publication.ts';
import type { SignsOfLife } from './signs-of-life.ts';

export interface JobOptions {
  readonly destination: Destination;
  readonly repository: Repository;
  readonly feed: EventFeed;
  readonly signs: SignsOfLife;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long after a minute it is estimated: events of the last second are still on their way. */
  readonly delayMs: number;
  /** How far back late events change what was published. */
  readonly reachMs: number;
  /** Whether the network is still the one that the job was made for. */
  readonly isCurrent: () => boolean;
  /** Counts what is published. */
  readonly published?: Pick<PublishedCounts, 'add'>;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
}

const lookEveryMs = 1000;
/** Late events come many together: they are waited for, and for several times as long as it takes to work them in. */
const lateWaitMs = 3000;
const restFactor = 5;
/** Minutes that are compared and published together. */
const minutesTogether = 120;

const noteSchema = z.object({ published_ms: z.number(), cursor: z.string() });

/**
 * Estimates the links to one detector under a claim on it, every minute. When events come late the minutes from theirs on are made
 * again, in the same way in which a server that takes over makes what is missing.
 */
export class DestinationJob implements FeedListener {
  readonly detectorIds: readonly string[];
  readonly #options: JobOptions;
  readonly #publication: Publication;
  #live: DestinationReplay | undefined;
  /** The last minute that is published, or is just being made; events of it and before are late. */
  #publishedMs = Number.NaN;
  /** Events of minutes to come. */
  #coming: EstimationEvent[] = [];
  /** From when on minutes are to be made again. */
  #late: { readonly fromMs: number; readonly sinceMs: number } | undefined;
  #restUntilMs = 0;

  constructor(options: JobOptions) {
    this.#options = options;
    const { destination, repository, signs } = options;
    this.detectorIds = new Surroundings(destination.links).around(destination.detectorId);
    this.#publication = new Publication(repository.estimates, signs, options);
  }

  receive(event: EstimationEvent): void {
    if (event.madeAtMs - event.referenceTimeMs > passageMsMax) return;
    const minute = minuteOf(event.madeAtMs);
    if (minute <= this.#publishedMs) this.#mustRemakeFrom(minute - minuteMs);
    else this.#coming.push(event);
  }

  lost(): void {
    this.#mustRemakeFrom(0);
  }

  /** Works until the signal, or until the network is another. */
  async run(claim: Claim, signal: AbortSignal): Promise<void> {
    const { feed, clock, repository } = this.#options;
    const note = await this.#note(claim, signal);
    // From the first event that is received on, it must be known which are late.
    this.#publishedMs = note?.published_ms ?? this.#lastMinute();
    using _subscription = feed.subscribe(this);
    if (note !== undefined) feed.rewind(note.cursor);
    await feed.atPresent(signal);
    this.#mustRemakeFrom(note?.published_ms ?? (await this.#beginMs(signal)));
    while (this.#options.isCurrent()) {
      const nowMs = this.#lastMinute();
      const before = this.#publishedMs;
      const remade = await this.#remakeIfDue(claim, nowMs, signal);
      if (this.#live !== undefined && this.#publishedMs < nowMs) await this.#goOn(this.#live, claim, nowMs, signal);
      if (remade || this.#publishedMs !== before) await this.#save(repository, claim, signal);
      await clock.sleep(lookEveryMs, signal);
    }
  }

  #lastMinute(): number {
    const { clock, delayMs } = this.#options;
    return Math.floor((clock.nowMs() - delayMs) / minuteMs) * minuteMs;
  }

  #mustRemakeFrom(fromMs: number): void {
    this.#late = {
      fromMs: Math.min(fromMs, this.#late?.fromMs ?? fromMs),
      sinceMs: this.#late?.sinceMs ?? this.#options.clock.monotonicMs(),
    };
  }

  async #remakeIfDue(claim: Claim, nowMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock, reachMs, logger, destination } = this.#options;
    if (this.#late === undefined) return false;
    const startedMs = clock.monotonicMs();
    const isDue = startedMs - this.#late.sinceMs >= lateWaitMs && startedMs >= this.#restUntilMs;
    if (this.#live !== undefined && !isDue) return false;
    const fromMs = Math.min(nowMs, Math.max(this.#late.fromMs, nowMs - reachMs));
    // Events that come from now on are late if they belong to what is being made: its reading may have passed them.
    this.#late = undefined;
    this.#publishedMs = nowMs;
    this.#coming = this.#coming.filter(({ madeAtMs }) => madeAtMs > nowMs);
    const minutes = (nowMs - fromMs) / minuteMs;
    const changed = await traced(
      this.#options.tracing,
      { name: 'estimate past minutes', kind: 'internal', attributes: { 'tdc.minutes': minutes } },
      () => this.#remake(claim, fromMs, nowMs, signal),
      (count) => ({ 'tdc.estimates': count }),
    );
    const tookMs = clock.monotonicMs() - startedMs;
    this.#restUntilMs = clock.monotonicMs() + restFactor * tookMs;
    logger.info({ detector: destination.detectorId, minutes, changed, ms: Math.round(tookMs) }, 'made past minutes');
    return true;
  }

  async #remake(claim: Claim, fromMs: number, toMs: number, signal: AbortSignal): Promise<number> {
    const { destination, repository } = this.#options;
    const replay = new DestinationReplay(destination, fromMs);
    this.#live = undefined;
    const past = replay.past(repository.events, toMs, signal);
    let ready: Ready[] = [];
    let minutes = 0;
    let changed = 0;
    for (;;) {
      const next = await past.next();
      if (next.done === true) {
        this.#coming.push(...next.value);
        break;
      }
      ready.push(...this.#publication.ready(next.value, replay));
      if (++minutes % minutesTogether !== 0 || next.value.timeMs === toMs) continue;
      changed += await this.#publication.publish(claim, ready, 'go-on', signal);
      ready = [];
    }
    changed += await this.#publication.publish(claim, ready, 'end', signal);
    this.#live = replay;
    return changed;
  }

  /** The minutes that have become full. */
  async #goOn(live: DestinationReplay, claim: Claim, nowMs: number, signal: AbortSignal): Promise<void> {
    while (this.#publishedMs < nowMs) {
      const minute = this.#publishedMs + minuteMs;
      const events = this.#coming.filter(({ madeAtMs }) => madeAtMs <= minute);
      this.#coming = this.#coming.filter(({ madeAtMs }) => madeAtMs > minute);
      this.#publishedMs = minute;
      await traced(
        this.#options.tracing,
        { name: 'estimate a minute', kind: 'internal', attributes: { 'tdc.events': events.length } },
        async () => {
          const ready = this.#publication.ready(await live.minute(minute, events), live);
          return this.#publication.publish(claim, ready, 'end', signal);
        },
        (count) => ({ 'tdc.estimates': count }),
      );
    }
  }

  async #note(claim: Claim, signal: AbortSignal) {
    const checkpoint = await this.#options.repository.claims.load(claim.name, signal);
    if (checkpoint === undefined) return undefined;
    const parsed = noteSchema.safeParse(JSON.parse(checkpoint.value));
    return parsed.success ? parsed.data : undefined;
  }

  async #save(repository: Repository, claim: Claim, signal: AbortSignal): Promise<void> {
    const { cursor } = this.#options.feed;
    // Late events that are not worked in must come again to whoever goes on from the note.
    if (cursor === undefined || this.#late !== undefined) return;
    await repository.claims.save(claim, JSON.stringify({ published_ms: this.#publishedMs, cursor }), signal);
  }

  /** Where to begin a link that nobody has estimated: with the first event that is kept, or now. */
  async #beginMs(signal: AbortSignal): Promise<number> {
    const { repository, reachMs } = this.#options;
    const nowMs = this.#lastMinute();
    let firstMs = nowMs + minuteMs;
    for (const detectorId of this.detectorIds) {
      const scan = {
        detectorId,
        fromMs: nowMs - reachMs,
        toMs: nowMs,
        order: 'oldest-first',
        limit: 1,
        reads: 'committed',
        kinds: [],
      } as const;
      const { events } = await repository.events.scan(scan, signal);
      firstMs = Math.min(firstMs, ...events.map(({ madeAtMs }) => minuteOf(madeAtMs)));
    }
    return firstMs - minuteMs;
  }
}
