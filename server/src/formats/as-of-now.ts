import { type EstimateRecord, travelTimeRecord } from '../records/estimate-record.ts';

/** An estimate that nothing newer has followed for so long says nothing of now: estimators publish every minute. */
export const staleAfterMs = 5 * 60_000;
const noneAfterMs = 60 * 60_000;

/**
 * What a link's newest estimate says now. While estimators work that is what it says; when they have stopped, it is stale after five minutes and no
 * value after an hour, and its age rises with each minute that passes.
 */
export function asOfNow<Record extends EstimateRecord>(estimate: Record, nowMs: number) {
  const behindMs = nowMs - Date.parse(estimate.time);
  const minutesBehind = Math.max(0, Math.floor(behindMs / 60_000));
  const age = estimate.age_seconds;
  const aged = { ...estimate, age_seconds: age === null ? null : age + 60 * minutesBehind };
  if (behindMs > noneAfterMs) {
    const { free_flow_seconds } = estimate;
    return { ...aged, ...travelTimeRecord(undefined), free_flow_seconds, status: 'no_data' as const, samples: 0 };
  }
  const isNews = behindMs <= staleAfterMs || (estimate.status !== 'live' && estimate.status !== 'sparse');
  return isNews ? aged : { ...aged, status: 'stale' as const };
}
