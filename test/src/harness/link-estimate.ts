/** A travel time as the API has it. */
export interface Estimate {
  readonly from_detector_id: string;
  readonly to_detector_id: string;
  readonly mean_seconds: number | null;
  readonly free_flow_seconds: number | null;
}

export const nameOf = ({ from_detector_id, to_detector_id }: Estimate) => `${from_detector_id}:${to_detector_id}`;
export const isFree = ({ mean_seconds: mean, free_flow_seconds: free }: Estimate) =>
  mean !== null && free !== null && mean / free < 1.25;
export const isJam = ({ mean_seconds: mean, free_flow_seconds: free }: Estimate) =>
  mean !== null && free !== null && mean / free >= 2.5;
