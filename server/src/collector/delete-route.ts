import type { DeleteRouteRequest, DeleteRouteResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { acceptedDetectorId } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function deleteRoute(
  { repository }: CollectorContext,
  request: DeleteRouteRequest,
  signal: AbortSignal,
): Promise<DeleteRouteResponse> {
  await repository.routes.remove(acceptedDetectorId('route_id', request.routeId), signal);
  return {};
}
