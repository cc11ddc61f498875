import { type Estimate, type EstimateStatus, estimateStatuses, type TravelTime, tenth } from './estimate.ts';

/** The estimate of a route's link, by its place in the sequence, at a time (Unix milliseconds); undefined where there is none. */
export type LinkAt = (index: number, timeMs: number) => Promise<Estimate | undefined>;

export interface RouteTravelTime {
  /** Absent where a link has none. */
  readonly travelTime?: TravelTime;
  /** Of the weakest link. */
  readonly status: EstimateStatus;
}

/**
 * The travel time along links in sequence of the drivers who arrive at a time: the time-lagged sum of the links'. The last link is taken as it is at the arrival, each one before as it was when they left it. Errors of links are
 * taken as independent, and so are drivers' ways from link to link, so that half-widths add as squares.
 */
export async function routeTravelTime(links: number, arrivalMs: number, linkAt: LinkAt): Promise<RouteTravelTime> {
  const parts: TravelTime[] = [];
  let status: EstimateStatus = 'live';
  let timeMs = arrivalMs;
  for (let index = links - 1; index >= 0; index--) {
    const estimate = await linkAt(index, timeMs);
    status = weaker(status, estimate?.status ?? 'no_data');
    if (estimate?.travelTime === undefined) continue;
    parts.push(estimate.travelTime);
    timeMs -= estimate.travelTime.meanS * 1000;
  }
  return parts.length === links ? { travelTime: sumOf(parts), status } : { status };
}

const weaker = (a: EstimateStatus, b: EstimateStatus): EstimateStatus =>
  estimateStatuses.indexOf(a) < estimateStatuses.indexOf(b) ? b : a;

/** To a tenth of a second, as links are published. */
function sumOf(parts: readonly TravelTime[]): TravelTime {
  const sum = (value: (part: TravelTime) => number) => parts.reduce((total, part) => total + value(part), 0);
  const squares = (value: (part: TravelTime) => number) => Math.sqrt(sum((part) => value(part) ** 2));
  const meanS = sum((part) => part.meanS);
  return {
    meanS: tenth(meanS),
    lowerS: tenth(meanS - squares((part) => part.meanS - part.lowerS)),
    upperS: tenth(meanS + squares((part) => part.upperS - part.meanS)),
    fastS: tenth(meanS - squares((part) => part.meanS - part.fastS)),
    slowS: tenth(meanS + squares((part) => part.slowS - part.meanS)),
    departureS: tenth(sum((part) => part.departureS)),
    freeFlowS: tenth(sum((part) => part.freeFlowS)),
  };
}
