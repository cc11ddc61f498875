import { firstShown, wallClockOf } from '@tdc/shared/wall-clock.ts';

/** Slots of a quarter of an hour, as in the American rule on travel time reliability (23 CFR 490.511). */
export const slotMinutes = 15;
export const slotsPerDay = (24 * 60) / slotMinutes;
const slotMs = slotMinutes * 60_000;
const dayMs = 24 * 3_600_000;

/** Days of the week as ISO 8601 counts them: 1 is Monday, 7 is Sunday. */
export const weekdayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type WeekdayName = (typeof weekdayNames)[number];

/** Place of a moment in the days of a network: its local date and the slot of the clock's face. */
export interface Place {
  /** Days from 1970-01-01 to the local date. */
  readonly day: number;
  /** 0 to 95. */
  readonly slot: number;
}

/** The days of a network in its time zone. Zones are apart from UTC by whole quarters of an hour, at every time that estimates are of. */
export interface Calendar {
  readonly timeZone: string;
  placeOf(timeMs: number): Place;
  /** First Unix millisecond of a day. */
  startMs(day: number): number;
  /** The same of a slot; of one that the clocks leave out, that of the next. */
  slotStartMs(day: number, slot: number): number;
}

/** Throws InvalidInputError for a time zone that is not in the IANA database. */
export function calendarOf(timeZone: string): Calendar {
  const wallMs = wallClockOf(timeZone);
  let knownQuarterMs = Number.NaN;
  let known: Place = { day: 0, slot: 0 };
  return {
    timeZone,
    placeOf(timeMs) {
      const quarterMs = Math.floor(timeMs / slotMs) * slotMs;
      if (quarterMs === knownQuarterMs) return known;
      const shownMs = wallMs(quarterMs);
      const day = Math.floor(shownMs / dayMs);
      known = { day, slot: Math.floor((shownMs - day * dayMs) / slotMs) };
      knownQuarterMs = quarterMs;
      return known;
    },
    startMs: (day) => firstShown(day * dayMs, wallMs),
    slotStartMs: (day, slot) => firstShown(day * dayMs + slot * slotMs, wallMs),
  };
}

/** 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

/** Saturday and Sunday have a traffic of their own. */
export const isWeekend = (weekday: number): boolean => weekday >= 6;

/** ISO 8601: `2026-03-29`. */
export const dateText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** Day of a date in ISO 8601; undefined for what is none, or before 1970. */
export function dayOfDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const timeMs = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(timeMs) || timeMs < 0 || dateText(timeMs / dayMs) !== text) return undefined;
  return timeMs / dayMs;
}

/** Of the clock's face: `07:15`; the end of the last slot is `24:00`. */
export function slotText(slot: number): string {
  const minutes = slot * slotMinutes;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
