import type { Match } from './match.ts';

/** Matches of a link by arrival, of the last hour. */
export class RecentMatches {
  readonly #keepMs: number;
  readonly #matches: Match[] = [];

  constructor(keepSeconds = 3600) {
    this.#keepMs = keepSeconds * 1000;
  }

  add(match: Match): void {
    let place = this.#matches.length;
    while (place > 0 && isBefore(match, this.#matches[place - 1])) place--;
    if (this.#matches[place - 1]?.id !== match.id) this.#matches.splice(place, 0, match);
  }

  remove({ id }: Match): void {
    const at = this.#matches.findIndex((match) => match.id === id);
    if (at !== -1) this.#matches.splice(at, 1);
  }

  /** Forgets what is too old at a time, and tells what that was. */
  forget(timeMs: number): readonly Match[] {
    const kept = this.#matches.findIndex(({ arrivedMs }) => arrivedMs > timeMs - this.#keepMs);
    return this.#matches.splice(0, kept === -1 ? this.#matches.length : kept);
  }

  /** Those that arrived in the time before a moment, the moment included. */
  within(timeMs: number, seconds: number): readonly Match[] {
    return this.#matches.filter(({ arrivedMs }) => arrivedMs <= timeMs && arrivedMs > timeMs - seconds * 1000);
  }

  get all(): readonly Match[] {
    return this.#matches;
  }

  /** Those that arrived so close to a moment, before or after. */
  near(timeMs: number, ms: number): readonly Match[] {
    const found: Match[] = [];
    for (let at = this.#matches.length - 1; at >= 0; at--) {
      const match = this.#matches[at];
      if (match === undefined || match.arrivedMs < timeMs - ms) break;
      if (match.arrivedMs <= timeMs + ms) found.push(match);
    }
    return found;
  }

  /** Seconds since the last arrival; undefined without one. */
  ageS(timeMs: number): number | undefined {
    const last = this.#matches.findLast(({ arrivedMs }) => arrivedMs <= timeMs);
    return last === undefined ? undefined : (timeMs - last.arrivedMs) / 1000;
  }
}

const isBefore = (a: Match, b: Match | undefined): boolean =>
  b !== undefined && (a.arrivedMs < b.arrivedMs || (a.arrivedMs === b.arrivedMs && a.id < b.id));
