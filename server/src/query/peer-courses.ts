import { type EstimatorName, estimatorNames } from '@tdc/shared/network.ts';
import type { Estimate } from '../estimation/estimate.ts';
import { DestinationReplay } from '../estimator/destination-replay.ts';
import { minuteMs, minuteOf } from '../estimator/event-history.ts';
import type { QueryContext } from './context.ts';
import { type LinkEnds, linkAmong } from './link-ends.ts';
import type { TimeRange } from './list-fields.ts';

/** What an estimator would have published of a link, minute by minute. */
export interface PeerCourse {
  readonly estimator: EstimatorName;
  readonly minutes: readonly { readonly timeMs: number; readonly estimate: Estimate }[];
}

/**
 * Makes anew, from the events that are kept, what other estimators would have said of a link from the same matches: minute by minute the
 * same as if they had been configured. Those that are named, or all but the link's own. Throws NotFoundError for a link that is none.
 */
export async function peerCoursesOf(
  { repository, clock, estimation }: Pick<QueryContext, 'repository' | 'clock' | 'estimation'>,
  {
    ends,
    named,
    range,
  }: { readonly ends: LinkEnds; readonly named: readonly EstimatorName[]; readonly range: TimeRange },
  signal: AbortSignal,
): Promise<readonly PeerCourse[]> {
  const links = await repository.network.links(signal);
  const link = linkAmong(links, ends);
  const own = link.estimator ?? estimation.estimator;
  const names = estimatorNames.filter((name) => (named.length === 0 ? name !== own : named.includes(name)));
  const beginMs = minuteOf(range.fromMs) - minuteMs;
  const endMs = Math.min(minuteOf(range.toMs) - minuteMs, Math.floor(clock.nowMs() / minuteMs) * minuteMs);
  const peers = { link, names };
  const replay = new DestinationReplay({ ...estimation, detectorId: link.toDetectorId, links, peers }, beginMs);
  const courses = new Map(names.map((name) => [name, [] as { timeMs: number; estimate: Estimate }[]]));
  for await (const { timeMs } of replay.minutesTo(repository.events, endMs, signal)) {
    signal.throwIfAborted();
    for (const [name, estimate] of replay.estimator.peerEstimates()) courses.get(name)?.push({ timeMs, estimate });
  }
  return [...courses].map(([estimator, minutes]) => ({ estimator, minutes }));
}
