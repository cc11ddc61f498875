import type { Detector, Position } from '@tdc/shared/network.ts';
import type { EstimateRecord } from '../../records/estimate-record.ts';
import type { RouteRecord } from '../../records/route-record.ts';
import type { LiveLink } from '../live-link.ts';
import { type Fault, faultOf, routeFaultOf } from './fault.ts';

type TimeRecord = Omit<
  RouteRecord,
  'route_id' | 'name' | 'detector_ids' | 'arrival' | 'status' | 'age_seconds' | 'reasons'
>;

/** A link, or a route, and what is known of its travel time. */
export interface Measured {
  /** What others know it by. */
  readonly code: string;
  readonly description: string;
  /** From where to where; undefined for a detector that has been removed meanwhile. */
  readonly places: readonly (Position | undefined)[];
  readonly known: (TimeRecord & Pick<EstimateRecord, 'time'>) | undefined;
  /** Matches behind it; undefined where they are those of several links. */
  readonly samples: number | undefined;
  readonly freeFlowSeconds: number | null | undefined;
  readonly fault: Fault | undefined;
}

export const measuredLink = ({ link, from, to, estimate }: LiveLink): Measured => ({
  code: `${link.fromDetectorId}:${link.toDetectorId}`,
  description: `${from?.name || link.fromDetectorId} - ${to?.name || link.toDetectorId}`,
  places: [from?.position, to?.position],
  known: estimate,
  samples: estimate?.samples ?? 0,
  freeFlowSeconds: estimate?.free_flow_seconds ?? link.freeFlowSeconds,
  fault: faultOf(estimate),
});

export function measuredRoutes(routes: readonly RouteRecord[], detectors: readonly Detector[]): readonly Measured[] {
  const detectorById = new Map(detectors.map((detector) => [detector.id, detector]));
  return routes.map((route) => ({
    code: route.route_id,
    description: route.name || route.detector_ids.map((id) => detectorById.get(id)?.name || id).join(' - '),
    places: route.detector_ids.map((id) => detectorById.get(id)?.position),
    known: { ...route, time: route.arrival },
    samples: undefined,
    freeFlowSeconds: route.free_flow_seconds,
    fault: routeFaultOf(route),
  }));
}
