/** How far a sighting may be behind the latest before it. */
export const disorderMsMax = 2000;
/** Sightings held back at most. */
export const heldMax = 10_000;

/** Puts in order what was written nearly in order. */
export class ReorderBuffer<T extends { readonly timeMs: number }> {
  /** Oldest first. */
  readonly #held: T[] = [];
  #latestMs = Number.NEGATIVE_INFINITY;
  #floorMs = Number.NEGATIVE_INFINITY;
  #isSilent = true;

  /** No sighting before this time is taken any more. */
  get floorMs(): number {
    return this.#floorMs;
  }

  /** False for a sighting that comes too late to be put in its place. */
  add(sighting: T): boolean {
    if (sighting.timeMs < this.#floorMs) return false;
    let place = this.#held.length;
    while (place > 0 && (this.#held[place - 1]?.timeMs ?? 0) > sighting.timeMs) place -= 1;
    if (place === this.#held.length) this.#held.push(sighting);
    else this.#held.splice(place, 0, sighting);
    this.reach(sighting.timeMs);
    if (this.#held.length > heldMax) {
      this.#floorMs = Math.max(this.#floorMs, this.#held[this.#held.length >> 1]?.timeMs ?? this.#floorMs);
    }
    return true;
  }

  /** What is told has come to this time, whoever was heard then. */
  reach(timeMs: number): void {
    this.#isSilent = false;
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    this.#floorMs = Math.max(this.#floorMs, this.#latestMs - disorderMsMax);
  }

  /**
   * A while has passed, and all that was told by now has been added. Time is that of what is told: who is busy adds it late, and loses none for that.
   * Only where nothing was told since the last tick is it that of the clock.
   */
  tick(nowMs: number): void {
    if (this.#isSilent) this.#floorMs = Math.max(this.#floorMs, nowMs - disorderMsMax);
    this.#isSilent = true;
  }

  /** Those up to the floor, whose order is final. */
  takeSettled(): readonly T[] {
    let count = 0;
    for (const { timeMs } of this.#held) {
      if (timeMs > this.#floorMs) break;
      count += 1;
    }
    return this.#held.splice(0, count);
  }

  /** All that are left, at the end of the input. */
  takeRest(): readonly T[] {
    this.#floorMs = this.#latestMs;
    return this.#held.splice(0);
  }
}
