import type { Estimate } from './api-types.ts';

/** How the traffic on a link is, from free to jammed, by its travel time against that of free flow; or why that is not known. */
export const trafficLevels = ['free', 'dense', 'slow', 'jam', 'unknown', 'old', 'down'] as const;
export type TrafficLevel = (typeof trafficLevels)[number];

/** Travel time over that of free flow from which a level begins: at 5/4, 5/3 and 5/2, speeds of 80, 60 and 40 % of the free one. */
const levelBegins = [
  ['jam', 5 / 2],
  ['slow', 5 / 3],
  ['dense', 5 / 4],
  ['free', 0],
] as const;

/** Without an estimate, or with one that cannot be relied on, never that of traffic. */
export function levelOf(
  estimate: Pick<Estimate, 'status' | 'mean_seconds' | 'free_flow_seconds' | 'clock_offset_seconds'> | undefined,
): TrafficLevel {
  if (estimate === undefined || estimate.clock_offset_seconds !== null) return 'unknown';
  if (estimate.status === 'detector_down') return 'down';
  if (estimate.status === 'stale') return 'old';
  const ratio = delayRatioOf(estimate);
  if (ratio === undefined) return 'unknown';
  return levelBegins.find(([, begin]) => ratio >= begin)?.[0] ?? 'unknown';
}

/** Travel time over that of free flow; undefined where one of them is not known. */
export function delayRatioOf({
  mean_seconds,
  free_flow_seconds,
}: Pick<Estimate, 'mean_seconds' | 'free_flow_seconds'>): number | undefined {
  if (mean_seconds === null || free_flow_seconds === null || free_flow_seconds <= 0) return undefined;
  return mean_seconds / free_flow_seconds;
}
