import { type QueryServiceServer, QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import type { QueryContext } from './context.ts';
import { getRoute } from './get-route.ts';
import { listDetectors } from './list-detectors.ts';
import { listEstimates } from './list-estimates.ts';
import { listEvents } from './list-events.ts';
import { listLinks } from './list-links.ts';
import { listMatches } from './list-matches.ts';
import { listRoutes } from './list-routes.ts';
import { NewestEstimates } from './newest-estimates.ts';
import { watchEstimates } from './watch-estimates.ts';
import { watchEvents } from './watch-events.ts';

/** All reads. */
export function queryService(context: QueryContext): GrpcService {
  const newest = new NewestEstimates(context);
  const implementation: QueryServiceServer = {
    listEvents: unary((request, signal) => listEvents(context, request, signal)),
    watchEvents: (call) => void watchEvents(context, call),
    listDetectors: unary((request, signal) => listDetectors(context, request, signal)),
    listLinks: unary((request, signal) => listLinks(context, request, signal)),
    listEstimates: unary((request, signal) => listEstimates(context, request, signal)),
    watchEstimates: (call) => void watchEstimates(context, newest, call),
    listMatches: unary((request, signal) => listMatches(context, request, signal)),
    getRoute: unary((request, signal) => getRoute(context, request, signal)),
    listRoutes: unary((request, signal) => listRoutes(context, request, signal)),
  };
  return { name: 'tdc.v1.QueryService', definition: QueryServiceService, implementation };
}
