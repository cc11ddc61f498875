import { InvalidInputError } from './errors.ts';

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
/** Zones are at most 14 hours ahead of UTC: no clock shows a time this long before UTC does. */
const offsetMsMax = 15 * hourMs;
/** Clocks that are set back over 03:00 (Chatham: at 03:45) have shown it for longer than this. */
const searchStepMs = hourMs / 4;

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

/** The first moment at which the clocks show a wall time or a later one. */
function firstShown(targetWallMs: number, wallMs: (timeMs: number) => number): number {
  let before = targetWallMs - offsetMsMax;
  while (wallMs(before + searchStepMs) < targetWallMs) before += searchStepMs;
  let reached = before + searchStepMs;
  while (reached - before > 1) {
    const middle = before + Math.floor((reached - before) / 2);
    if (wallMs(middle) < targetWallMs) before = middle;
    else reached = middle;
  }
  return reached;
}

/** What the zone's clocks show at a time, as the Unix milliseconds at which UTC's clocks show the same. */
function wallClockOf(timeZone: string): (timeMs: number) => number {
  const format = formatOf(timeZone);
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const field = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year');
    const shown = new Date(0);
    shown.setUTCFullYear(year, field('month') - 1, field('day'));
    return shown.setUTCHours(field('hour'), field('minute'), field('second'), ((timeMs % 1000) + 1000) % 1000);
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new InvalidInputError(
      `network.time_zone ${JSON.stringify(timeZone)}: expected a zone of the IANA database, such as Europe/Berlin or UTC`,
      { field: 'network.time_zone', cause },
    );
  }
}
