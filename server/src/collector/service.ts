import { type CollectorServiceServer, CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import { principalOf } from '../access/principal.ts';
import type { CollectorContext } from './context.ts';
import { deleteDetector } from './delete-detector.ts';
import { deleteLink } from './delete-link.ts';
import { deleteRoute } from './delete-route.ts';
import { putDetector } from './put-detector.ts';
import { putLink } from './put-link.ts';
import { putRoute } from './put-route.ts';
import { recordEvents } from './record-events.ts';
import { reportStatus } from './report-status.ts';
import { streamEvents } from './stream-events.ts';

/** All writes from outside. */
export function collectorService(context: CollectorContext): GrpcService {
  const implementation: CollectorServiceServer = {
    streamEvents: (call) => streamEvents(context, principalOf(call.metadata), call),
    recordEvents: unary((request, signal, metadata) => recordEvents(context, principalOf(metadata), request, signal)),
    putDetector: unary((request, signal) => putDetector(context, request, signal)),
    deleteDetector: unary((request, signal) => deleteDetector(context, request, signal)),
    putLink: unary((request, signal) => putLink(context, request, signal)),
    deleteLink: unary((request, signal) => deleteLink(context, request, signal)),
    putRoute: unary((request, signal) => putRoute(context, request, signal)),
    deleteRoute: unary((request, signal) => deleteRoute(context, request, signal)),
    reportStatus: unary((request, signal, metadata) => reportStatus(context, principalOf(metadata), request, signal)),
  };
  return { name: 'tdc.v1.CollectorService', definition: CollectorServiceService, implementation };
}
