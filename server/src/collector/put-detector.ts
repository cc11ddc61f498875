import type { PutDetectorRequest, PutDetectorResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { parseDetector } from '@tdc/shared/wire.ts';
import { accepted } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function putDetector(
  { repository }: CollectorContext,
  request: PutDetectorRequest,
  signal: AbortSignal,
): Promise<PutDetectorResponse> {
  await repository.network.putDetector(accepted(parseDetector(request.detector)), signal);
  return {};
}
