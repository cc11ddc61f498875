import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Calendar } from '../history/calendar.ts';
import { type DayProfile, DayProfiles } from '../history/day-profile.ts';
import type { EstimateStore, Repository } from '../repository.ts';
import type { LinkEnds } from './link-ends.ts';
import { WaitingLine } from './waiting-line.ts';

export interface LinkHistoryOptions {
  readonly repository: Pick<Repository, 'staleSinceMs'> & { readonly estimates: Pick<EstimateStore, 'scan'> };
  readonly calendar: Calendar;
  readonly clock: Clock;
}

/** Minutes of one read: others are served between two of them. With one more, etcd would read two pages of its own. */
const pageMinutes = 999;
const dayMs = 24 * 3_600_000;
/** Late events change the minutes of a week at most: what is older stays. */
const finalAfterMs = 8 * dayMs;
/** Days that are remembered, about a kilobyte each. */
const daysMax = 10_000;
/** Who reads at once, and who waits for that. */
const waitingMax = 16;

/**
 * The days of links, read from the published estimates. One reading goes on at a time in a process, as one of a year takes seconds; days that
 * nothing changes any more are remembered.
 */
export class LinkHistory {
  readonly #options: LinkHistoryOptions;
  /** By link and day, the least recently used first. */
  readonly #known = new Map<string, DayProfile>();
  readonly #line = new WaitingLine('the history of links', waitingMax);

  constructor(options: LinkHistoryOptions) {
    this.#options = options;
  }

  get calendar(): Calendar {
    return this.#options.calendar;
  }

  /** Each day of the range, `toDay` exclusive. Throws LimitError when too many wait already. */
  days(link: LinkEnds, fromDay: number, toDay: number, signal: AbortSignal): Promise<readonly DayProfile[]> {
    return this.#line.take(() => this.#days(link, fromDay, toDay, signal), signal);
  }

  async #days(link: LinkEnds, fromDay: number, toDay: number, signal: AbortSignal): Promise<readonly DayProfile[]> {
    const found: DayProfile[] = [];
    let day = fromDay;
    while (day < toDay) {
      const known = this.#recall(link, day);
      if (known !== undefined) {
        found.push(known);
        day++;
        continue;
      }
      let unknownTo = day + 1;
      while (unknownTo < toDay && !this.#known.has(keyOf(link, unknownTo))) unknownTo++;
      found.push(...(await this.#read(link, day, unknownTo, signal)));
      day = unknownTo;
    }
    return found;
  }

  async #read(link: LinkEnds, fromDay: number, toDay: number, signal: AbortSignal): Promise<readonly DayProfile[]> {
    const { repository, calendar, clock } = this.#options;
    const profiles = new DayProfiles(calendar);
    const isCurrent = () => repository.staleSinceMs() === undefined;
    const wasCurrent = isCurrent();
    // A minute is named by its end.
    let fromMs = calendar.startMs(fromDay) + 1;
    const toMs = calendar.startMs(toDay) + 1;
    for (let more = true; more; ) {
      const { fromDetectorId, toDetectorId } = link;
      const range = { fromMs, toMs, order: 'oldest-first', limit: pageMinutes, revisions: 'last' } as const;
      const page = await repository.estimates.scan({ fromDetectorId, toDetectorId, ...range }, signal);
      for (const estimate of page.estimates) profiles.add(estimate);
      fromMs = (page.estimates.at(-1)?.timeMs ?? toMs) + 1;
      more = page.more;
      await setImmediate();
      signal.throwIfAborted();
    }
    const days = profiles.of(fromDay, toDay);
    const finalMs = clock.nowMs() - finalAfterMs;
    if (wasCurrent && isCurrent()) {
      for (const each of days) if (calendar.startMs(each.day + 1) <= finalMs) this.#remember(link, each);
    }
    return days;
  }

  #recall(link: LinkEnds, day: number): DayProfile | undefined {
    const key = keyOf(link, day);
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    this.#known.delete(key);
    this.#known.set(key, known);
    return known;
  }

  #remember(link: LinkEnds, profile: DayProfile): void {
    this.#known.set(keyOf(link, profile.day), profile);
    const oldest = this.#known.keys().next();
    if (this.#known.size > daysMax && oldest.done !== true) this.#known.delete(oldest.value);
  }
}

const keyOf = ({ fromDetectorId, toDetectorId }: LinkEnds, day: number): string =>
  `${fromDetectorId} ${toDetectorId} ${day}`;
