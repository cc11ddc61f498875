import { type HistoryServiceServer, HistoryServiceService } from '@tdc/shared/generated/tdc/v1/history.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import { comparePeriods } from './compare-periods.ts';
import { getStatistics } from './get-statistics.ts';
import { getUsual } from './get-usual.ts';
import type { HistoryContext } from './history-context.ts';

/** Statistics of links. */
export function historyService(context: HistoryContext): GrpcService {
  const implementation: HistoryServiceServer = {
    getUsual: unary((request, signal) => getUsual(context, request, signal)),
    getStatistics: unary((request, signal) => getStatistics(context, request, signal)),
    comparePeriods: unary((request, signal) => comparePeriods(context, request, signal)),
  };
  return { name: 'tdc.v1.HistoryService', definition: HistoryServiceService, implementation };
}
