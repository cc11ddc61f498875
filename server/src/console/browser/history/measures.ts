import type { Format } from '../format.ts';
import type { Reliability } from './history-types.ts';

export interface Measure {
  readonly name: string;
  readonly value: string;
}

/** The measures of reliability under their names, in the order in which they are shown. */
export function measuresOf({ text, duration, ratio }: Format, of: Reliability): readonly Measure[] {
  const source = of.free_flow_source === 'given' ? text.freeFlowGiven : text.freeFlowLearned;
  return [
    { name: text.mean, value: duration(of.mean_seconds) },
    { name: text.median, value: duration(of.p50_seconds) },
    { name: text.percentile('80'), value: duration(of.p80_seconds) },
    { name: text.percentile('90'), value: duration(of.p90_seconds) },
    { name: text.planningTime, value: duration(of.p95_seconds) },
    { name: text.freeFlow, value: `${duration(of.free_flow_seconds)} (${source})` },
    { name: text.bufferIndex, value: ratio(of.buffer_index) },
    { name: text.planningTimeIndex, value: ratio(of.planning_time_index) },
    { name: text.travelTimeIndex, value: ratio(of.travel_time_index) },
    { name: text.levelOfReliability, value: ratio(of.level_of_travel_time_reliability) },
  ];
}
