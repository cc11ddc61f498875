/** Minutes whose change is taken to go on. */
const windowMinutes = 8;
/** So much of the change is expected to go on: half of it has been chance, or ends. */
const persistence = 0.5;
/** No more than this is expected of ln(travel time). */
const changeMax = 0.4;
/** Half of the window of arrivals, whose mean is as old as that, in seconds. */
const lagS = 150;

/** How ln(travel time) has changed in the last minutes, and is expected to go on. */
export class Trend {
  #points: { readonly minute: number; readonly value: number }[] = [];

  add(timeMs: number, value: number): void {
    const minute = timeMs / 60_000;
    this.#points = [...this.#points.filter((point) => point.minute > minute - windowMinutes), { minute, value }];
  }

  /** The change that is expected until those who start now arrive, by a straight line through the last minutes. */
  ahead(travelTimeS: number): number {
    const minutes = (travelTimeS + lagS) / 60;
    return Math.max(
      -changeMax,
      Math.min(changeMax, persistence * this.#perMinute() * Math.min(minutes, windowMinutes)),
    );
  }

  #perMinute(): number {
    const count = this.#points.length;
    if (count < windowMinutes / 2) return 0;
    const middle = this.#points.reduce((sum, { minute }) => sum + minute, 0) / count;
    let up = 0;
    let along = 0;
    for (const { minute, value } of this.#points) {
      up += (minute - middle) * value;
      along += (minute - middle) ** 2;
    }
    return up / along;
  }
}
