import { type QueryServiceServer, QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import type { QueryContext } from './context.ts';
import { listDetectors } from './list-detectors.ts';
import { listEvents } from './list-events.ts';
import { listLinks } from './list-links.ts';
import { watchEvents } from './watch-events.ts';

/** All reads. */
export function queryService(context: QueryContext): GrpcService {
  const implementation: QueryServiceServer = {
    listEvents: unary((request, signal) => listEvents(context, request, signal)),
    watchEvents: (call) => void watchEvents(context, call),
    listDetectors: unary((request, signal) => listDetectors(context, request, signal)),
    listLinks: unary((request, signal) => listLinks(context, request, signal)),
  };
  return { name: 'tdc.v1.QueryService', definition: QueryServiceService, implementation };
}
