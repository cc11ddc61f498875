import type { Clock } from '@tdc/shared/clock.ts';
import { eventIdMaker } from '@tdc/shared/event-id.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Calendar } from '../history/calendar.ts';
import { detectorStates } from '../query/detector-states.ts';
import { linkName } from '../query/link-ends.ts';
import type { Claim, PublishedEstimate, Repository } from '../repository.ts';
import { type Tracing, traced } from '../tracing/tracing.ts';
import { noticeOf } from './alert.ts';
import { AlertBook } from './alert-book.ts';
import type { Channel } from './channel.ts';
import { deliver } from './deliver.ts';
import { detectorReadings, dropsOf } from './detector-readings.ts';
import { linkReadings } from './link-readings.ts';
import { type LookNote, lastLookNote } from './look-note.ts';
import type { NoticeCounts } from './notice-counts.ts';
import type { Reading } from './reading.ts';
import type { AlertRules } from './rules.ts';
import { UsualLookup } from './usual-now.ts';

export interface AlertsOptions {
  readonly repository: Repository;
  readonly rules: AlertRules;
  readonly channels: readonly Channel[];
  readonly calendar: Calendar;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** How often everything is looked at. */
  readonly lookEveryMs?: number;
  /** How often notices are looked for. */
  readonly deliverEveryMs?: number;
  /** Counts what becomes of notices. */
  readonly counts?: Pick<NoticeCounts, 'add'>;
  /** Absent: no traces. */
  readonly tracing?: Tracing;
}

const lookEveryMsDefault = 5000;
const deliverEveryMsDefault = 2000;
/** After a longer break nobody can say since when things are as they are. */
const breakMsMax = 2 * 60_000;
/** Links of which it is looked up in one look what is usual. */
const lookupsMax = 100;
/** How fast the smoothed number of matches follows: a part of the difference a minute. */
const smoothing = 1 / 15;
/** Notices that wait; more are not made. */
const noticesMax = 1000;
/** Entries of what is noted for who goes on. */
const notedMax = 20_000;

/** Watches over the network under the claim until the signal, and tells what it finds. */
export async function runAlerts(options: AlertsOptions, claim: Claim, signal: AbortSignal): Promise<void> {
  const { repository, deliverEveryMs = deliverEveryMsDefault } = options;
  const delivering = { ...options, alerts: repository.alerts, lookEveryMs: deliverEveryMs };
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  try {
    await Promise.all([new Lookout(options).run(claim, until), deliver(delivering, claim, until)]);
  } finally {
    failed.abort(new Error('the watch over alerts has ended'));
  }
}

/** Looks at everything there is, again and again. */
class Lookout {
  readonly #options: AlertsOptions;
  readonly #book: AlertBook;
  readonly #usual: UsualLookup;
  readonly #smoothed = new Map<string, { readonly timeMs: number; readonly samples: number }>();
  #drops = new Map<string, bigint>();
  /** Of detectors that are not among those: nothing, where somebody has noted all that had dropped any. */
  #otherDrops: bigint | undefined;
  #watchingSinceMs = 0;
  #note = '';

  constructor(options: AlertsOptions) {
    const { rules, repository, calendar } = options;
    this.#options = options;
    this.#book = new AlertBook({ rules, newId: eventIdMaker() });
    this.#usual = new UsualLookup({ estimates: repository.estimates, calendar });
  }

  async run(claim: Claim, signal: AbortSignal): Promise<void> {
    const { clock, lookEveryMs = lookEveryMsDefault } = this.#options;
    await this.#goOn(signal);
    for (;;) {
      const nowMs = clock.nowMs();
      await traced(
        this.#options.tracing,
        { name: 'look for alerts', kind: 'internal' },
        () => this.#look(claim, nowMs, signal),
        (changes) => ({ 'tdc.alerts': changes }),
      );
      await this.#save(claim, nowMs, signal);
      await clock.sleep(lookEveryMs, signal);
    }
  }

  /** From where another worker, or this process before its restart, has come to. */
  async #goOn(signal: AbortSignal): Promise<void> {
    const { repository, clock } = this.#options;
    this.#watchingSinceMs = clock.nowMs();
    const note = await lastLookNote(repository.claims, signal);
    if (note === undefined) return;
    this.#drops = new Map(note.drops.map(([id, count]) => [id, BigInt(count)]));
    this.#otherDrops = note.drops.length < notedMax ? 0n : undefined;
    const brokenMs = clock.nowMs() - note.looked_at_ms;
    if (brokenMs < 0 || brokenMs > breakMsMax) return;
    this.#watchingSinceMs = note.watching_since_ms;
    this.#book.goOnFrom(note.watches.map(([key, level, sinceMs]) => [key, { level, sinceMs }]));
  }

  /** Resolves to how many alerts are to be opened and closed. */
  async #look(claim: Claim, nowMs: number, signal: AbortSignal): Promise<number> {
    const { repository, channels, logger } = this.#options;
    const readings = [...(await this.#detectors(nowMs, signal)), ...(await this.#links(nowMs, signal))];
    const open = await repository.alerts.current(signal);
    const changes = this.#book.changes(readings, open, nowMs);
    let waiting = changes.length === 0 ? 0 : (await repository.alerts.notices(signal)).length;
    for (const { event, alert } of changes) {
      const isRoom = waiting + channels.length <= noticesMax;
      if (!isRoom) logger.error({ alert: alert.id }, `nobody is told of an alert: ${waiting} notices wait already`);
      const notices = isRoom ? channels.map(({ name }) => noticeOf(alert, event, name, nowMs)) : [];
      // What has changed meanwhile, by an acknowledgement, is looked at again with the next look.
      if ((await repository.alerts.put(claim, alert, notices, signal)) === 'changed') continue;
      waiting += notices.length;
      const { id, cause, subject, detail, closed } = alert;
      logger.info({ alert: id, cause, subject, detail: closed?.detail ?? detail }, `alert ${event}`);
    }
    return changes.length;
  }

  async #detectors(nowMs: number, signal: AbortSignal): Promise<readonly Reading[]> {
    const { repository, rules } = this.#options;
    const states = await detectorStates(repository, signal);
    const dropsBefore = (id: string) => this.#drops.get(id) ?? this.#otherDrops;
    const look = { nowMs, watchingSinceMs: this.#watchingSinceMs, dropsBefore };
    const readings = states.flatMap((state) => detectorReadings(state, rules, look));
    const told = states.filter(({ reported }) => reported !== undefined);
    this.#drops = new Map(told.map((state) => [state.detector.id, dropsOf(state)]));
    this.#otherDrops = undefined;
    return readings;
  }

  async #links(nowMs: number, signal: AbortSignal): Promise<readonly Reading[]> {
    const { repository, rules } = this.#options;
    const [all, links] = [await repository.estimates.newest(signal), await repository.network.links(signal)];
    const names = new Set(links.map(linkName));
    const newest = all.filter((each) => names.has(linkName(each)));
    this.#smooth(newest);
    if (rules.unusual !== undefined || rules.matchRatePercent !== undefined) {
      await this.#usual.lookUp(links, nowMs, lookupsMax, signal);
    }
    return newest.flatMap((each) =>
      linkReadings(each, rules, {
        nowMs,
        usual: this.#usual.of(each),
        smoothedSamples: this.#smoothed.get(linkName(each))?.samples,
      }),
    );
  }

  #smooth(newest: readonly PublishedEstimate[]): void {
    const names = new Set(newest.map(linkName));
    for (const name of [...this.#smoothed.keys()]) if (!names.has(name)) this.#smoothed.delete(name);
    for (const each of newest) {
      const { timeMs, estimate } = each;
      const before = this.#smoothed.get(linkName(each));
      if (before?.timeMs === timeMs) continue;
      const samples =
        before === undefined ? estimate.samples : before.samples + smoothing * (estimate.samples - before.samples);
      this.#smoothed.set(linkName(each), { timeMs, samples });
    }
  }

  async #save(claim: Claim, nowMs: number, signal: AbortSignal): Promise<void> {
    const note: LookNote = {
      watching_since_ms: this.#watchingSinceMs,
      watches: this.#book.watches.slice(0, notedMax).map(([key, { level, sinceMs }]) => [key, level, sinceMs]),
      drops: [...this.#drops]
        .filter(([, count]) => count > 0n)
        .slice(0, notedMax)
        .map(([id, count]) => [id, String(count)]),
      // Whoever goes on must know of a break to half a minute.
      looked_at_ms: Math.floor(nowMs / 30_000) * 30_000,
    };
    const text = JSON.stringify(note);
    if (text === this.#note) return;
    await this.#options.repository.claims.save(claim, text, signal);
    this.#note = text;
  }
}
