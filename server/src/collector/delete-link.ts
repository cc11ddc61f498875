import type { DeleteLinkRequest, DeleteLinkResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { acceptedDetectorId } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function deleteLink(
  { repository }: CollectorContext,
  request: DeleteLinkRequest,
  signal: AbortSignal,
): Promise<DeleteLinkResponse> {
  const from = acceptedDetectorId('from_detector_id', request.fromDetectorId);
  const to = acceptedDetectorId('to_detector_id', request.toDetectorId);
  await repository.network.deleteLink(from, to, signal);
  return {};
}
