import type { Link } from '@tdc/shared/network.ts';

/** A link for programs. */
export const linkRecord = (link: Link) => ({
  from_detector_id: link.fromDetectorId,
  to_detector_id: link.toDetectorId,
  max_seconds: link.maxSeconds,
  length_m: link.lengthM ?? null,
  free_flow_seconds: link.freeFlowSeconds ?? null,
  estimator: link.estimator ?? null,
});

/** Its fields, in the order of columns. */
export const linkFields = [
  'from_detector_id',
  'to_detector_id',
  'max_seconds',
  'length_m',
  'free_flow_seconds',
  'estimator',
];
