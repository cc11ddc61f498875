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
    let from = this.#matches.length;
    while (from > 0 && (this.#matches[from - 1]?.arrivedMs ?? 0) > timeMs - seconds * 1000) from--;
    let to = this.#matches.length;
    while (to > from && (this.#matches[to - 1]?.arrivedMs ?? 0) > timeMs) to--;
    return this.#matches.slice(from, to);
  }

  get all(): readonly Match[] {
    return this.#matches;
  }

  /** How many departed and arrived so close to a match, itself among them if it is here. */
  countTogether({ departedMs, arrivedMs }: Match, ms: { readonly departed: number; readonly arrived: number }): number {
    let count = 0;
    for (let at = this.#matches.length - 1; at >= 0; at--) {
      const match = this.#matches[at];
      if (match === undefined || match.arrivedMs < arrivedMs - ms.arrived) break;
      const isNear =
        match.arrivedMs <= arrivedMs + ms.arrived && Math.abs(match.departedMs - departedMs) <= ms.departed;
      if (isNear) count++;
    }
    return count;
  }

  /** Seconds since the last arrival; undefined without one. */
  ageS(timeMs: number): number | undefined {
    const last = this.#matches.findLast(({ arrivedMs }) => arrivedMs <= timeMs);
    return last === undefined ? undefined : (timeMs - last.arrivedMs) / 1000;
  }
}

const isBefore = (a: Match, b: Match | undefined): boolean =>
  b !== undefined && (a.arrivedMs < b.arrivedMs || (a.arrivedMs === b.arrivedMs && a.id < b.id));
