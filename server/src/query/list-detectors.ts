import type { ListDetectorsRequest, ListDetectorsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { detectorToWire, nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { detectorStates } from './detector-states.ts';

export async function listDetectors(
  { repository, clock }: QueryContext,
  _request: ListDetectorsRequest,
  signal: AbortSignal,
): Promise<ListDetectorsResponse> {
  const states = await detectorStates(repository, signal);
  return {
    detectors: states.map(({ detector, reported }) => ({
      detector: detectorToWire(detector),
      status: reported?.status,
      reportedAtNs: nsFromMs(reported?.reportedAtMs ?? 0),
    })),
    nowNs: nsFromMs(clock.nowMs()),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}
