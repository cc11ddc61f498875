import {
  type ListMatchesRequest,
  type ListMatchesResponse,
  type Match as WireMatch,
  MatchReason as WireReason,
} from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { Judgement } from '../estimation/link-estimator.ts';
import type { Match } from '../estimation/match.ts';
import { DestinationReplay } from '../estimator/destination-replay.ts';
import { minuteMs, minuteOf } from '../estimator/event-history.ts';
import type { QueryContext } from './context.ts';
import { invalid } from './filter.ts';
import { type LinkEnds, linkAmong, parseLinkEnds } from './link-ends.ts';
import { parseTimeRange, type TimeRange } from './list-fields.ts';

/** A day, and the hour that one day of the year is longer: each is as much work as the day was. */
export const matchesRangeMsMax = 25 * 3600_000;
/** A match is known so long after its arrival at the latest, if its events were not late. */
const knownAfterMs = 10 * minuteMs;

const reasonToWire = {
  used: WireReason.MATCH_REASON_USED,
  together: WireReason.MATCH_REASON_TOGETHER,
  unlikely: WireReason.MATCH_REASON_UNLIKELY,
  outlier: WireReason.MATCH_REASON_OUTLIER,
} as const satisfies Record<Judgement['reason'], WireReason>;

export async function listMatches(
  context: QueryContext,
  request: ListMatchesRequest,
  signal: AbortSignal,
): Promise<ListMatchesResponse> {
  const ends = parseLinkEnds('link', request.link);
  const range = parseTimeRange(request);
  if (range.toMs - range.fromMs > matchesRangeMsMax) {
    throw invalid('to_ns', `${request.toNs}: expected at most a day after from_ns`);
  }
  return { matches: await matchesOf(context, ends, range, signal) };
}

/**
 * Makes the matches of a link anew, as the estimator made them, and tells how each counted when it became known. Throws NotFoundError for a
 * link that is none.
 */
export async function matchesOf(
  { repository, clock, estimation }: Pick<QueryContext, 'repository' | 'clock' | 'estimation'>,
  ends: LinkEnds,
  { fromMs, toMs }: TimeRange,
  signal: AbortSignal,
): Promise<WireMatch[]> {
  const links = await repository.network.links(signal);
  const link = linkAmong(links, ends);
  const beginMs = minuteOf(fromMs) - minuteMs;
  const endMs = Math.min(minuteOf(toMs) + knownAfterMs, Math.floor(clock.nowMs() / minuteMs) * minuteMs);
  const replay = new DestinationReplay({ ...estimation, detectorId: link.toDetectorId, links }, beginMs);
  const found = new Map<string, WireMatch>();
  for await (const { changes } of replay.minutesTo(repository.events, endMs, signal)) {
    const estimator = replay.estimator.estimatorOf(link);
    for (const { what, link: changed, match } of changes) {
      if (changed !== link || match.arrivedMs < fromMs || match.arrivedMs >= toMs) continue;
      if (what === 'removed') found.delete(match.id);
      else if (estimator !== undefined) found.set(match.id, matchToWire(match, estimator.judge(match)));
    }
  }
  return [...found.values()].sort((a, b) => Number(a.arrivedNs - b.arrivedNs));
}

function matchToWire(match: Match, { weight, reason }: Judgement): WireMatch {
  return {
    departedNs: nsFromMs(match.departedMs),
    arrivedNs: nsFromMs(match.arrivedMs),
    travelSeconds: match.travelTimeS,
    rotating: match.rotating,
    weight: Math.round(weight * 1000) / 1000,
    reason: reasonToWire[reason],
  };
}
