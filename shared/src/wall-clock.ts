import { InvalidInputError } from './errors.ts';

const hourMs = 3_600_000;
/** Zones are at most 14 hours ahead of UTC: no clock shows a time this long before UTC does. */
const offsetMsMax = 15 * hourMs;
/** Clocks that are set back over 03:00 (Chatham: at 03:45) have shown it for longer than this. */
const searchStepMs = hourMs / 4;

/** The first moment at which the clocks show a wall time or a later one. */
export function firstShown(targetWallMs: number, wallMs: (timeMs: number) => number): number {
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
export function wallClockOf(timeZone: string): (timeMs: number) => number {
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

export const timeZoneExpected = 'expected the name of a time zone, such as Europe/Berlin or UTC';

/** Whether the IANA database has the zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
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
