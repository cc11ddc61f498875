import type { PutRouteRequest, PutRouteResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { parseRoute } from '@tdc/shared/wire.ts';
import { accepted } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function putRoute(
  { repository }: CollectorContext,
  request: PutRouteRequest,
  signal: AbortSignal,
): Promise<PutRouteResponse> {
  await repository.routes.put(accepted(parseRoute(request.route)), signal);
  return {};
}
