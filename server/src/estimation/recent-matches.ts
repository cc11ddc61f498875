import type { Match } from './match.ts';

/** Matches of a link by arrival, of the last hour. */
export class RecentMatches {
  readonly #keepMs: number;
  #matches: Match[] = [];

  constructor(keepSeconds = 3600) {
    this.#keepMs = keepSeconds * 1000;
  }

  add(match: Match): void {
    let place = this.#matches.length;
    while (place > 0 && isBefore(match, this.#matches[place - 1])) place--;
    if (this.#matches[place - 1]?.id !== match.id) this.#matches.splice(place, 0, match);
  }

  remove({ id }: Match): void {
    this.#matches = this.#matches.filter((match) => match.id !== id);
  }

  /** Forgets what is too old at a time. */
  forget(timeMs: number): void {
    const kept = this.#matches.findIndex(({ arrivedMs }) => arrivedMs > timeMs - this.#keepMs);
    if (kept !== 0) this.#matches = kept === -1 ? [] : this.#matches.slice(kept);
  }

  /** Those that arrived in the time before a moment, the moment included. */
  within(timeMs: number, seconds: number): readonly Match[] {
    return this.#matches.filter(({ arrivedMs }) => arrivedMs <= timeMs && arrivedMs > timeMs - seconds * 1000);
  }

  get all(): readonly Match[] {
    return this.#matches;
  }

  /** Seconds since the last arrival. */
  ageS(timeMs: number): number {
    const last = this.#matches.findLast(({ arrivedMs }) => arrivedMs <= timeMs);
    return last === undefined ? Number.POSITIVE_INFINITY : (timeMs - last.arrivedMs) / 1000;
  }
}

const isBefore = (a: Match, b: Match | undefined): boolean =>
  b !== undefined && (a.arrivedMs < b.arrivedMs || (a.arrivedMs === b.arrivedMs && a.id < b.id));
