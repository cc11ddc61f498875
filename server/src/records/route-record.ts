import type { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Route } from '@tdc/shared/network.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { statusName, travelTimeRecord } from './estimate-record.ts';
import { isoTime } from './iso-time.ts';

/** What a route takes, for programs. */
export const routeTimeRecord = (time: GetRouteResponse) => ({
  arrival: isoTime(msFromNs(time.arrivalNs)),
  status: statusName(time.status),
  ...travelTimeRecord(time.travelTime),
  age_seconds: time.ageSeconds ?? null,
  reasons: time.reasons,
});

/** The same of one that has a name. */
export const routeRecord = ({ id, name, detectorIds }: Route, now: GetRouteResponse) => ({
  route_id: id,
  name,
  detector_ids: detectorIds,
  ...routeTimeRecord(now),
});
export type RouteRecord = ReturnType<typeof routeRecord>;

/** Its fields, in the order of columns. */
export const routeFields = [
  ...['route_id', 'name', 'detector_ids', 'arrival', 'status'],
  ...['mean_seconds', 'lower_seconds', 'upper_seconds', 'fast_seconds', 'slow_seconds'],
  ...['departure_seconds', 'free_flow_seconds', 'delay_seconds', 'age_seconds', 'reasons'],
];
