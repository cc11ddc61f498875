import { z } from 'zod';
import { estimate, estimateStatus, travelTimeSeconds } from './estimate.ts';
import { detectorId, time } from './fields.ts';

/** A route is named as a detector is. */
export const routeId = detectorId.describe('Id of a route.');

const summary = {
  arrival: time.describe('When the drivers arrive at the last detector.'),
  status: estimateStatus,
  ...travelTimeSeconds,
  age_seconds: z
    .number()
    .nullable()
    .describe(
      'Since the last match of the link that has waited longest, at the time at which it counts; null where that is not known of all.',
    ),
  reasons: z.array(z.string()).readonly().describe('Why it is not live, for people: one for each link that is not.'),
};
const parts = { estimates: z.array(estimate).describe('What it is made of, in the order of the route.') };
const named = {
  route_id: routeId,
  name: z.string().describe('For people, as on a sign; empty where none was given.'),
  detector_ids: z.array(detectorId).readonly().describe('In the order of the drive.'),
};

export const routeTime = z
  .object({ ...summary, ...parts })
  .meta({ id: 'RouteTime', description: 'The travel time of links in sequence.' });

export const namedRoute = z
  .object({ ...named, ...summary })
  .meta({ id: 'Route', description: 'A route that has a name, and its travel time.' });

export const namedRouteTime = z
  .object({ ...named, ...summary, ...parts })
  .meta({ id: 'NamedRouteTime', description: 'A route that has a name, its travel time and what that is made of.' });
