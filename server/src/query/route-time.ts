import type { Clock } from '@tdc/shared/clock.ts';
import { NotFoundError } from '@tdc/shared/errors.ts';
import { type Link, linksAlong } from '@tdc/shared/network.ts';
import type { Estimate, EstimateStatus, TravelTime } from '../estimation/estimate.ts';
import { type LinkAt, routeTravelTime } from '../estimation/route.ts';
import { minuteMs } from '../estimator/event-history.ts';
import { staleAfterMs } from '../formats/as-of-now.ts';
import type { EstimateStore, PublishedEstimate, Repository } from '../repository.ts';
import { type LinkEnds, linkName } from './link-ends.ts';

/** An estimate that is older than this says nothing of the moment that is asked for. */
const lookBackMs = 10 * minuteMs;

export interface RouteTime {
  /** When the drivers have arrived, Unix milliseconds. */
  readonly arrivalMs: number;
  readonly travelTime: TravelTime | undefined;
  readonly status: EstimateStatus;
  /** Since the last match of the link that has waited longest, at the time at which it counts; undefined where that is not known of all. */
  readonly ageS: number | undefined;
  /** Why it is not live, for people: one for each link that is not. */
  readonly reasons: readonly string[];
  /** What it is made of, in the order of the route. */
  readonly estimates: readonly PublishedEstimate[];
}

/** When drivers arrive of whom nothing else is said: the minute that has begun, so that an answer stays the same until another is published. */
export const arrivalNowMs = (clock: Pick<Clock, 'nowMs'>): number => Math.floor(clock.nowMs() / minuteMs) * minuteMs;

/** Throws NotFoundError where two that follow each other are no link. */
export function expectLinks(links: readonly Link[], detectorIds: readonly string[]): void {
  const names = new Set(links.map(linkName));
  for (const [i, way] of linksAlong(detectorIds).entries()) {
    if (names.has(linkName(way))) continue;
    throw new NotFoundError(`there is no link from ${way.fromDetectorId} to ${way.toDetectorId}`, {
      field: `detector_ids[${i + 1}]`,
    });
  }
}

/** The travel time of links in sequence, of who arrives at the last detector at a time: each link counts as it was when that driver was there. */
export async function routeTimeOf(
  { estimates }: Pick<Repository, 'estimates'>,
  detectorIds: readonly string[],
  arrivalMs: number,
  signal: AbortSignal,
): Promise<RouteTime> {
  const ways = linksAlong(detectorIds);
  const legs: Leg[] = [];
  const linkAt: LinkAt = async (index, timeMs) => {
    const way = ways[index];
    if (way === undefined) return undefined;
    const leg = await legAt(estimates, way, timeMs, signal);
    legs.unshift(leg);
    return leg.estimate;
  };
  const { travelTime, status } = await routeTravelTime(ways.length, arrivalMs, linkAt);
  const ages = legs.flatMap(({ ageS }) => ageS ?? []);
  return {
    ...{ arrivalMs, travelTime, status },
    ageS: ages.length === ways.length ? Math.max(...ages) : undefined,
    reasons: legs.flatMap(reasonOf),
    estimates: legs.flatMap(({ published }) => published ?? []),
  };
}

/** A link of a route when the driver was there. */
interface Leg {
  readonly way: LinkEnds;
  readonly published: PublishedEstimate | undefined;
  /** What was published, as of then. */
  readonly estimate: Estimate | undefined;
  readonly ageS: number | undefined;
}

async function legAt(store: EstimateStore, way: LinkEnds, timeMs: number, signal: AbortSignal): Promise<Leg> {
  const range = { fromMs: timeMs - lookBackMs, toMs: timeMs + 1 };
  const scan = { ...way, ...range, order: 'newest-first', limit: 1, revisions: 'last' } as const;
  const [published] = (await store.scan(scan, signal)).estimates;
  if (published === undefined) return { way, published, estimate: undefined, ageS: undefined };
  const { estimate } = published;
  const behindMs = timeMs - published.timeMs;
  const isNews = behindMs <= staleAfterMs || (estimate.status !== 'live' && estimate.status !== 'sparse');
  return {
    ...{ way, published },
    estimate: isNews ? estimate : { ...estimate, status: 'stale' },
    ageS: estimate.ageS === undefined ? undefined : estimate.ageS + 60 * Math.floor(behindMs / minuteMs),
  };
}

const statusReasons = {
  sparse: 'few matches',
  stale: 'its last match, or what was published last, is old',
  no_data: 'there is no value',
  detector_down: 'a detector gives no sign of life',
} as const satisfies Record<Exclude<EstimateStatus, 'live'>, string>;

function reasonOf({ way, estimate }: Leg): readonly string[] {
  const name = `${way.fromDetectorId} to ${way.toDetectorId}`;
  if (estimate === undefined) return [`${name}: no estimate of the ten minutes before`];
  if (estimate.clockOffsetS !== undefined) return [`${name}: its clocks differ by ${estimate.clockOffsetS} s`];
  return estimate.status === 'live' ? [] : [`${name}: ${statusReasons[estimate.status]}`];
}
