import { firstShown, wallClockOf } from './wall-clock.ts';

/**
 * The key epochs of a network: numbered by the local date that they begin on (days since 1970-01-01), each beginning at the
 * first moment at which the network's clocks show 03:00 of that date or later. The number never falls as time passes, even
 * where a change of the clocks shows 03:00 twice.
 */
export interface KeyEpochs {
  readonly timeZone: string;
  /** Number of the epoch that a time (Unix milliseconds) lies in. Cheap while times stay in one epoch. */
  at(timeMs: number): number;
  /** First Unix millisecond of an epoch. */
  startMs(epoch: number): number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const epochHourMs = 3 * hourMs;

/** Throws InvalidInputError for a time zone that is not in the IANA database. */
export function keyEpochsOf(timeZone: string): KeyEpochs {
  const wallMs = wallClockOf(timeZone);
  const starts = new Map<number, number>();
  let epoch = 0;
  let fromMs = 0;
  let toMs = 0;

  const startMs = (of: number): number => {
    const known = starts.get(of);
    if (known !== undefined) return known;
    if (starts.size >= 16) starts.clear();
    const found = firstShown(of * dayMs + epochHourMs, wallMs);
    starts.set(of, found);
    return found;
  };

  return {
    timeZone,
    startMs,
    at(timeMs) {
      if (timeMs >= fromMs && timeMs < toMs) return epoch;
      epoch = Math.floor((wallMs(timeMs) - epochHourMs) / dayMs);
      while (startMs(epoch + 1) <= timeMs) epoch += 1;
      fromMs = startMs(epoch);
      toMs = startMs(epoch + 1);
      return epoch;
    },
  };
}
