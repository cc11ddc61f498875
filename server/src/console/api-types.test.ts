import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { agentStatus } from '../http/schemas/agent-status.ts';
import type { alert } from '../http/schemas/alert.ts';
import type { estimate, match, peer } from '../http/schemas/estimate.ts';
import type { comparison, linkStatistics, usualWeek } from '../http/schemas/history.ts';
import type { detector, link } from '../http/schemas/network.ts';
import type { namedRoute, namedRouteTime, routeTime } from '../http/schemas/route.ts';
import type {
  AgentStatus,
  Alert,
  Detector,
  Estimate,
  Link,
  Match,
  NamedRoute,
  PeerCourse,
  RouteTime,
} from './browser/api-types.ts';
import type { Comparison, LinkStatistics, UsualWeek } from './browser/history/history-types.ts';

test('what the console reads is what the API answers', () => {
  expectTypeOf<z.output<typeof estimate>>().toExtend<Estimate>();
  expectTypeOf<z.output<typeof routeTime>>().toExtend<RouteTime>();
  expectTypeOf<z.output<typeof namedRoute>>().toExtend<NamedRoute>();
  expectTypeOf<z.output<typeof namedRouteTime>>().toExtend<NamedRoute & RouteTime>();
  expectTypeOf<z.output<typeof match>>().toExtend<Match>();
  expectTypeOf<z.output<typeof peer>>().toExtend<PeerCourse>();
  expectTypeOf<z.output<typeof detector>>().toExtend<Detector>();
  expectTypeOf<z.output<typeof link>>().toExtend<Link>();
  expectTypeOf<z.output<typeof usualWeek>>().toExtend<UsualWeek>();
  expectTypeOf<z.output<typeof linkStatistics>>().toExtend<LinkStatistics>();
  expectTypeOf<z.output<typeof comparison>>().toExtend<Comparison>();
  expectTypeOf<z.output<typeof alert>>().toExtend<Alert>();
  expectTypeOf<z.output<typeof agentStatus>>().toExtend<AgentStatus>();
});
