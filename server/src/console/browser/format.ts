import type { Alert, AlertCause, DetectorHealth, Estimate, EstimatorName } from './api-types.ts';
import { type Weekday, weekdays } from './history/history-types.ts';
import type { Language } from './language.ts';
import type { Messages } from './messages/english.ts';
import type { TrafficLevel } from './traffic-level.ts';

/** How a language writes what the console shows; times are those of the browser's zone. */
export interface Format {
  readonly language: Language;
  readonly text: Messages;
  /** Minutes and seconds, such as 4:05; hours before them from an hour on. */
  duration(seconds: number | null | undefined): string;
  /** With a sign. */
  delay(seconds: number | null | undefined): string;
  /** With a sign, to a tenth. */
  seconds(value: number): string;
  number(value: number): string;
  /** Of an index. */
  ratio(value: number): string;
  /** Of a share. */
  percent(share: number): string;
  bytes(value: number): string;
  /** With the zone. */
  time(timeMs: number): string;
  /** Without it, for tables that say it above. */
  clock(timeMs: number): string;
  dateTime(timeMs: number): string;
  /** Of a date such as 2026-03-01, wherever that is. */
  date(date: string): string;
  shortDate(date: string): string;
  weekday(day: Weekday, style?: 'long' | 'short'): string;
  /** Such as "2 minutes ago". */
  age(seconds: number): string;
  /** Name of the zone. */
  readonly zone: string;
}

const nothing = '–';
const dayMs = 24 * 3_600_000;
const aMondayMs = Date.UTC(2026, 2, 2);
/** As control rooms have it, in English too. */
const hourCycle = 'h23';

export function formatFor(language: Language, text: Messages): Format {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const bytes = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const ages = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'long', hourCycle });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short', hourCycle });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long', hourCycle });
  const ratio = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const seconds = new Intl.NumberFormat(language, {
    ...{ style: 'unit', unit: 'second', unitDisplay: 'short', signDisplay: 'exceptZero' },
    ...{ minimumFractionDigits: 1, maximumFractionDigits: 1 },
  });
  // A date is one of a calendar, and of no zone.
  const timeZone = 'UTC';
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone });
  const shortDate = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone });
  const weekdayNames = {
    long: new Intl.DateTimeFormat(language, { weekday: 'long', timeZone }),
    short: new Intl.DateTimeFormat(language, { weekday: 'short', timeZone }),
  };
  const zoneName = new Intl.DateTimeFormat(language, { timeZoneName: 'short' })
    .formatToParts()
    .find(({ type }) => type === 'timeZoneName')?.value;
  return {
    ...{ language, text },
    zone: `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${zoneName ?? ''})`,
    duration: (seconds) => (seconds === null || seconds === undefined ? nothing : durationText(seconds)),
    delay: (seconds) => (seconds === null || seconds === undefined ? nothing : delayText(seconds)),
    seconds: (value) => seconds.format(value),
    ratio: (value) => ratio.format(value),
    percent: (share) => percent.format(share),
    number: (value) => number.format(value),
    bytes: (value) => `${bytes.format(value / 2 ** 20)} MiB`,
    time: (timeMs) => time.format(timeMs),
    clock: (timeMs) => clock.format(timeMs),
    dateTime: (timeMs) => dateTime.format(timeMs),
    date: (text) => date.format(Date.parse(text)),
    shortDate: (text) => shortDate.format(Date.parse(text)),
    weekday: (day, style = 'long') => weekdayNames[style].format(aMondayMs + weekdays.indexOf(day) * dayMs),
    age: (age) => ages.format(...ageParts(age)),
  };
}

function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function delayText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole === 0) return '0:00';
  return `${whole < 0 ? '−' : '+'}${durationText(Math.abs(whole))}`;
}

function ageParts(seconds: number): [number, Intl.RelativeTimeFormatUnit] {
  if (seconds < 90) return [-Math.round(seconds), 'second'];
  if (seconds < 90 * 60) return [-Math.round(seconds / 60), 'minute'];
  if (seconds < 36 * 3600) return [-Math.round(seconds / 3600), 'hour'];
  return [-Math.round(seconds / 86_400), 'day'];
}

const levelKeys = {
  free: 'levelFree',
  dense: 'levelDense',
  slow: 'levelSlow',
  jam: 'levelJam',
  unknown: 'levelUnknown',
  old: 'levelOld',
  down: 'levelDown',
} as const satisfies Record<TrafficLevel, keyof Messages>;
export const levelText = (text: Messages, level: TrafficLevel): string => text[levelKeys[level]];

const healthKeys = {
  ok: 'healthOk',
  warning: 'healthWarning',
  failing: 'healthFailing',
  silent: 'healthSilent',
  never: 'healthNever',
} as const satisfies Record<DetectorHealth, keyof Messages>;
export const healthText = (text: Messages, health: DetectorHealth): string => text[healthKeys[health]];

const causeKeys = {
  detector_silent: 'causeDetectorSilent',
  clock_off: 'causeClockOff',
  outbox_growing: 'causeOutboxGrowing',
  drops: 'causeDrops',
  match_rate_low: 'causeMatchRateLow',
  travel_time_high: 'causeTravelTimeHigh',
  travel_time_unusual: 'causeTravelTimeUnusual',
} as const satisfies Record<AlertCause, keyof Messages>;
export const causeText = (text: Messages, cause: AlertCause): string => text[causeKeys[cause]];

const alertStateKeys = {
  open: 'alertOpen',
  acknowledged: 'alertAcknowledged',
  closed: 'alertClosed',
} as const satisfies Record<Alert['state'], keyof Messages>;
export const alertStateText = (text: Messages, state: Alert['state']): string => text[alertStateKeys[state]];

const estimatorKeys = {
  'grid-filter': 'estimatorGridFilter',
  transguide: 'estimatorTransguide',
  'dion-rakha': 'estimatorDionRakha',
  mad: 'estimatorMad',
  'iqr-median': 'estimatorIqrMedian',
} as const satisfies Record<EstimatorName, keyof Messages>;
export const estimatorText = (text: Messages, name: EstimatorName): string => text[estimatorKeys[name]];

const statusKeys = {
  live: 'statusLive',
  sparse: 'statusSparse',
  stale: 'statusStale',
  no_data: 'statusNoData',
  detector_down: 'statusDetectorDown',
} as const satisfies Record<Estimate['status'], keyof Messages>;

/** What there is to know of how good a value is. */
export function statusText({ text, number }: Format, { status, clock_offset_seconds: offset }: Estimate): string {
  return offset === null ? text[statusKeys[status]] : text.clockOff(number(offset));
}
