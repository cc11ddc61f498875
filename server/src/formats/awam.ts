/** The files of the AWAM host, as Austin publishes them: without a header, times of a clock on the wall, -1 where there is nothing. */
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Detector, Link } from '@tdc/shared/network.ts';
import { type LinkEnds, linkName } from '../query/link-ends.ts';
import type { EstimateRecord } from '../records/estimate-record.ts';
import type { MatchRecord } from '../records/match-record.ts';
import { csvLines } from './csv.ts';
import type { Format } from './format.ts';
import type { JsonValue } from './row.ts';
import { standardDeviationOf } from './spread.ts';

const lineEnd = '\r\n';
const none = -1;
const metresPerMile = 1609.344;
/** Estimates are of five minutes: one in five has no driver in common with another. */
const intervalMinutes = 5;
/** No filter of the AWAM host's: those are 25, 45 and 125. */
const filterId = 0;

const linesOf = <T>(cells: (item: T) => readonly JsonValue[]): Format<T> => ({
  rows: (items) => csvLines(items.map(cells), lineEnd),
  end: () => '',
});

/** Individual Address File: of each event when it was made, when the device was there, where, and its pseudonym. */
export function awamReads(timeZone: string): Format<DetectionEvent> {
  const time = wallClock(timeZone, { month: '2-digit', day: '2-digit', hour: '2-digit', second: '2-digit' });
  const { rows, end } = linesOf<DetectionEvent>(({ madeAtMs, referenceTimeMs, detectorId, deviceId }) => [
    time(madeAtMs),
    '',
    time(referenceTimeMs),
    detectorId,
    deviceId,
  ]);
  // The layout cannot say that a clock was not set.
  return { rows: (items) => rows(items.filter(({ clockQuality }) => clockQuality !== 'unsynchronised')), end };
}

/** Individual Traffic Match File of a link, without saying which device it was. */
export function awamMatches(link: Link, timeZone: string): Format<MatchRecord> {
  const time = wallClock(timeZone, { month: 'numeric', day: 'numeric', hour: 'numeric', second: '2-digit' });
  return linesOf(({ departed, arrived, travel_seconds: seconds, reason }) => [
    '',
    link.fromDetectorId,
    link.toDetectorId,
    time(Date.parse(departed)),
    time(Date.parse(arrived)),
    Math.round(seconds),
    Math.round(milesPerHour(link, seconds) ?? none),
    reason === 'used' || reason === 'together' ? 'valid' : 'invalid',
    filterId,
  ]);
}

/** Traffic Match Summary Records: every five minutes, of the five minutes before. What is not of then is no value. */
export function awamSummaries(
  { detectors, links }: { readonly detectors: readonly Detector[]; readonly links: readonly Link[] },
  timeZone: string,
): Format<EstimateRecord> {
  const nameById = new Map(detectors.map(({ id, name }) => [id, name]));
  const linkByName = new Map(links.map((link) => [linkName(link), link]));
  const time = wallClock(timeZone, { month: 'numeric', day: 'numeric', hour: 'numeric' });
  const { rows, end } = linesOf<EstimateRecord>((estimate) => {
    const ends: LinkEnds = { fromDetectorId: estimate.from_detector_id, toDetectorId: estimate.to_detector_id };
    const link = linkByName.get(linkName(ends));
    return [
      ends.fromDetectorId,
      ends.toDetectorId,
      ...[nameById.get(ends.fromDetectorId) ?? '', '', ''],
      ...[nameById.get(ends.toDetectorId) ?? '', '', ''],
      link?.lengthM === undefined ? none : (link.lengthM / metresPerMile).toFixed(3),
      time(Date.parse(estimate.time)),
      ...summaryOf(estimate, link),
    ];
  });
  return { rows: (items) => rows(items.filter(isOfInterval)), end };
}

const isOfInterval = ({ time }: EstimateRecord): boolean => (Date.parse(time) / 60_000) % intervalMinutes === 0;

function summaryOf(estimate: EstimateRecord, link: Link | undefined): readonly number[] {
  const { status, samples, mean_seconds: mean, fast_seconds: fast, slow_seconds: slow } = estimate;
  const isOfThen = (status === 'live' || status === 'sparse') && samples > 0;
  if (!isOfThen || mean === null || fast === null || slow === null) return [none, none, intervalMinutes, 0, none];
  const [speed, low, high] = [mean, slow, fast].map((seconds) => milesPerHour(link, seconds));
  const deviation = low === undefined || high === undefined ? none : Math.round(standardDeviationOf(low, high));
  return [Math.round(mean), Math.round(speed ?? none), intervalMinutes, samples, deviation];
}

function milesPerHour(link: Pick<Link, 'lengthM'> | undefined, seconds: number): number | undefined {
  if (link?.lengthM === undefined || seconds <= 0) return undefined;
  return ((link.lengthM / seconds) * 3600) / metresPerMile;
}

type Digits = Pick<Intl.DateTimeFormatOptions, 'month' | 'day' | 'hour' | 'second'>;

/** `5/31/2019 11:48:20 PM` */
function wallClock(timeZone: string, digits: Digits): (timeMs: number) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ ...digits, timeZone, year: 'numeric', minute: '2-digit', hour12: true },
  });
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const [month, day, year, period] = (['month', 'day', 'year', 'dayPeriod'] as const).map((part) => parts.get(part));
    const clock = (['hour', 'minute', 'second'] as const).map((part) => parts.get(part)).filter((part) => part);
    return `${month}/${day}/${year} ${clock.join(':')} ${period}`;
  };
}
