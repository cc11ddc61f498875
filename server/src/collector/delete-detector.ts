import type { DeleteDetectorRequest, DeleteDetectorResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { acceptedDetectorId } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function deleteDetector(
  { repository }: CollectorContext,
  request: DeleteDetectorRequest,
  signal: AbortSignal,
): Promise<DeleteDetectorResponse> {
  await repository.network.deleteDetector(acceptedDetectorId('detector_id', request.detectorId), signal);
  return {};
}
