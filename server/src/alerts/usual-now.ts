import { median } from '../estimation/estimators/quantile.ts';
import { type Calendar, isWeekend, slotMinutes, weekdayOf } from '../history/calendar.ts';
import { DayProfiles, slotMinutesMin } from '../history/day-profile.ts';
import { usualDaysMin, usualSlotOf } from '../history/usual.ts';
import { type LinkEnds, linkName } from '../query/link-ends.ts';
import type { EstimateStore, PublishedEstimate } from '../repository.ts';
import type { UsualNow } from './link-readings.ts';

export interface UsualLookupOptions {
  readonly estimates: Pick<EstimateStore, 'scan'>;
  readonly calendar: Calendar;
}

const weeks = 8;
const slotMs = slotMinutes * 60_000;

interface Known {
  readonly day: number;
  readonly slot: number;
  readonly usual: UsualNow;
}

/**
 * What is usual for links at this hour on this weekday: of each the same quarter of an hour of the last eight weeks is read, once in every quarter. Until it
 * has been, what was usual in the quarter before stands in.
 */
export class UsualLookup {
  readonly #options: UsualLookupOptions;
  readonly #known = new Map<string, Known>();
  /** Where the slots of one moment begin, for all links. */
  #starts = new Map<string, number>();

  constructor(options: UsualLookupOptions) {
    this.#options = options;
  }

  of(link: LinkEnds): UsualNow | undefined {
    return this.#known.get(linkName(link))?.usual;
  }

  /** Looks up at most so many links that are not known for now, and forgets those that are not among them. */
  async lookUp(links: readonly LinkEnds[], nowMs: number, linksMax: number, signal: AbortSignal): Promise<void> {
    const { day, slot } = this.#options.calendar.placeOf(nowMs);
    const names = new Set(links.map(linkName));
    for (const name of [...this.#known.keys()]) if (!names.has(name)) this.#known.delete(name);
    const due = links.filter((link) => {
      const known = this.#known.get(linkName(link));
      return known?.day !== day || known.slot !== slot;
    });
    if (due.length > 0) this.#starts = new Map();
    for (const link of due.slice(0, linksMax)) {
      this.#known.set(linkName(link), { day, slot, usual: await this.#read(link, day, slot, signal) });
    }
  }

  /** From the same weekday; where that is not enough, from the other days of its type as well. */
  async #read(link: LinkEnds, today: number, slot: number, signal: AbortSignal): Promise<UsualNow> {
    const weekday = weekdayOf(today);
    const days = Array.from({ length: 7 * weeks }, (_, index) => today - 1 - index);
    const alike = days.filter((day) => isWeekend(weekdayOf(day)) === isWeekend(weekday));
    const same = alike.filter((day) => weekdayOf(day) === weekday);
    const read = new SlotDays(this.#options.calendar);
    for (const day of same) read.add(day, await this.#minutesOf(link, day, slot, signal));
    const found = read.usual(weekday, slot);
    if (found.medianS !== undefined && found.samples !== undefined) return found;
    const others = alike.filter((day) => weekdayOf(day) !== weekday);
    for (const day of others) read.add(day, await this.#minutesOf(link, day, slot, signal));
    return read.usual(weekday, slot);
  }

  async #minutesOf(
    { fromDetectorId, toDetectorId }: LinkEnds,
    day: number,
    slot: number,
    signal: AbortSignal,
  ): Promise<readonly PublishedEstimate[]> {
    const startMs = this.#startMs(day, slot);
    // A minute is named by its end.
    const range = { fromMs: startMs + 1, toMs: startMs + slotMs + 1, order: 'oldest-first', limit: 999 } as const;
    const scan = { fromDetectorId, toDetectorId, ...range, revisions: 'last' } as const;
    return (await this.#options.estimates.scan(scan, signal)).estimates;
  }

  #startMs(day: number, slot: number): number {
    const key = `${day} ${slot}`;
    const known = this.#starts.get(key) ?? this.#options.calendar.slotStartMs(day, slot);
    this.#starts.set(key, known);
    return known;
  }
}

/** One slot of days, as far as they have been read. */
class SlotDays {
  readonly #profiles: DayProfiles;
  readonly #days: number[] = [];
  readonly #samples: number[] = [];

  constructor(calendar: Calendar) {
    this.#profiles = new DayProfiles(calendar);
  }

  add(day: number, minutes: readonly PublishedEstimate[]): void {
    this.#days.push(day);
    for (const minute of minutes) this.#profiles.add(minute);
    const counted = minutes.filter(({ estimate }) => estimate.status !== 'detector_down');
    if (counted.length < slotMinutesMin) return;
    this.#samples.push(counted.reduce((sum, { estimate }) => sum + estimate.samples, 0) / counted.length);
  }

  usual(weekday: number, slot: number): UsualNow {
    const observed = this.#days.flatMap((day) => this.#profiles.of(day, day + 1));
    const { value } = usualSlotOf(observed, weekday, slot);
    return {
      ...(value === undefined ? {} : { medianS: value.medianS }),
      ...(this.#samples.length < usualDaysMin ? {} : { samples: median(this.#samples) }),
    };
  }
}
