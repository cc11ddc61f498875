import type { ListDetectorsRequest, ListDetectorsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { detectorToWire, nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';

export async function listDetectors(
  { repository, clock }: QueryContext,
  _request: ListDetectorsRequest,
  signal: AbortSignal,
): Promise<ListDetectorsResponse> {
  const [detectors, statuses] = await Promise.all([
    repository.network.detectors(signal),
    repository.statuses.list(signal),
  ]);
  const byDetector = new Map(statuses.map((reported) => [reported.status.detectorId, reported]));
  return {
    detectors: detectors.map((detector) => {
      const reported = byDetector.get(detector.id);
      return {
        detector: detectorToWire(detector),
        status: reported?.status,
        reportedAtNs: nsFromMs(reported?.reportedAtMs ?? 0),
      };
    }),
    nowNs: nsFromMs(clock.nowMs()),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}
