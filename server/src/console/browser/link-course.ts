import { askJson } from './api.ts';
import type { Estimate, Match, PeerCourse } from './api-types.ts';
import { linkIdOf } from './network-state.ts';
import { linkAddress } from './router.ts';
import type { Course } from './travel-time-chart.ts';

const hourMs = 3600_000;
/** A day has 1,440 minutes; more pages are of no day. */
const pagesMax = 4;

/** What is looked at: hours until now, or a day of before by the browser's calendar, such as 2026-03-01. */
export type Period =
  | { readonly type: 'last-hours'; readonly hours: number }
  | { readonly type: 'day'; readonly date: string };

export function timesOf(period: Period, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (period.type === 'last-hours') return { fromMs: nowMs - period.hours * hourMs, toMs: nowMs };
  const [year = 1970, month = 1, day = 1] = period.date.split('-').map(Number);
  // By the calendar: two days of the year have another length.
  return { fromMs: new Date(year, month - 1, day).getTime(), toMs: new Date(year, month - 1, day + 1).getTime() };
}

/** The day of a time in the browser's zone, as date inputs write it. */
export function dateOf(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Of a link. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

/** What is shown besides the estimates. */
export interface Besides {
  /** The single vehicles. */
  readonly matches: boolean;
  /** What other estimators would have said. */
  readonly peers: boolean;
}

/** Reads the estimates of a link in a period, and what is wanted besides. */
export async function readCourse(
  ends: Ends,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  besides: Besides,
  signal: AbortSignal,
): Promise<Course> {
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  const [estimates, matches, peers] = await Promise.all([
    readEstimates(linkIdOf(ends.from, ends.to), range, signal),
    besides.matches ? readMatches(ends, range, signal) : [],
    besides.peers ? readPeers(ends, range, signal) : [],
  ]);
  return { fromMs, toMs, estimates, matches, peers };
}

type Range = Readonly<Record<'from' | 'to', string>>;

async function readEstimates(links: string, range: Range, signal: AbortSignal): Promise<readonly Estimate[]> {
  const estimates: Estimate[] = [];
  let pageToken: string | null = '';
  for (let page = 0; pageToken !== null && page < pagesMax; page++) {
    const query: URLSearchParams = new URLSearchParams({ links, ...range, page_size: '1000' });
    if (pageToken !== '') query.set('page_token', pageToken);
    const answer = await askJson<{ estimates: readonly Estimate[]; next_page_token: string | null }>(
      `/api/v1/estimates/history?${query}`,
      { signal },
    );
    estimates.push(...answer.estimates);
    pageToken = answer.next_page_token;
  }
  return estimates;
}

async function readMatches(ends: Ends, range: Range, signal: AbortSignal): Promise<readonly Match[]> {
  const address = addressOf(ends, 'matches', range);
  return (await askJson<{ matches: readonly Match[] }>(address, { signal })).matches;
}

async function readPeers(ends: Ends, range: Range, signal: AbortSignal): Promise<readonly PeerCourse[]> {
  const address = addressOf(ends, 'peers', range);
  return (await askJson<{ peers: readonly PeerCourse[] }>(address, { signal })).peers;
}

const addressOf = ({ from, to }: Ends, what: string, range: Range): string =>
  `/api/v1${linkAddress(from, to)}/${what}?${new URLSearchParams(range)}`;

/** A course that goes on: with a newer estimate at its end, and the time moved on. */
export function withNewest(course: Course, estimate: Estimate, nowMs: number): Course {
  const last = course.estimates.at(-1);
  const isSame = last !== undefined && last.time === estimate.time && last.revision === estimate.revision;
  const isOlder = last !== undefined && last.time > estimate.time;
  if (isSame || isOlder) return course;
  const before = last?.time === estimate.time ? course.estimates.slice(0, -1) : course.estimates;
  return { ...course, fromMs: nowMs - (course.toMs - course.fromMs), toMs: nowMs, estimates: [...before, estimate] };
}
