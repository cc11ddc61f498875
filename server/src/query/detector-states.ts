import type { Detector } from '@tdc/shared/network.ts';
import type { ReportedStatus, Repository } from '../repository.ts';

export interface DetectorState {
  readonly detector: Detector;
  /** Of its agent, the last; undefined when none has come. */
  readonly reported: ReportedStatus | undefined;
}

/** Every detector with what its agent said last; by id, rising. */
export async function detectorStates(
  { network, statuses }: Pick<Repository, 'network' | 'statuses'>,
  signal: AbortSignal,
): Promise<readonly DetectorState[]> {
  const [detectors, reports] = await Promise.all([network.detectors(signal), statuses.list(signal)]);
  const byDetector = new Map(reports.map((reported) => [reported.status.detectorId, reported]));
  return detectors.map((detector) => ({ detector, reported: byDetector.get(detector.id) }));
}
