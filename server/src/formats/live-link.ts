import type { Detector, Link } from '@tdc/shared/network.ts';
import { linkName } from '../query/link-ends.ts';
import type { EstimateRecord } from '../records/estimate-record.ts';
import { asOfNow } from './as-of-now.ts';

/** A link, its ends, and what is known of its travel time now. */
export interface LiveLink<Estimate extends EstimateRecord = EstimateRecord> {
  readonly link: Link;
  /** Absent for a detector that has been removed meanwhile. */
  readonly from: Detector | undefined;
  readonly to: Detector | undefined;
  /** Absent where nothing was published yet. */
  readonly estimate: ReturnType<typeof asOfNow<Estimate>> | undefined;
}

/** The links in their order, each with its newest estimate as of now. */
export function liveLinks<Estimate extends EstimateRecord>(
  { detectors, links }: { readonly detectors: readonly Detector[]; readonly links: readonly Link[] },
  newest: readonly Estimate[],
  nowMs: number,
): readonly LiveLink<Estimate>[] {
  const detectorById = new Map(detectors.map((detector) => [detector.id, detector]));
  const estimateByName = new Map(
    newest.map((estimate) => [
      linkName({ fromDetectorId: estimate.from_detector_id, toDetectorId: estimate.to_detector_id }),
      estimate,
    ]),
  );
  return links.map((link) => {
    const estimate = estimateByName.get(linkName(link));
    return {
      link,
      from: detectorById.get(link.fromDetectorId),
      to: detectorById.get(link.toDetectorId),
      estimate: estimate === undefined ? undefined : asOfNow(estimate, nowMs),
    };
  });
}
