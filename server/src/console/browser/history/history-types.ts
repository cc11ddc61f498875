/** What the HTTP API answers of the history of a link, as far as the console shows it; checked in ../../api-types.test.ts. */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Coverage {
  readonly days: number;
  readonly days_observed: number;
  readonly slots: number;
  readonly slots_observed: number;
}

export interface UsualSlot {
  readonly weekday: Weekday;
  readonly time_from: string;
  readonly basis: 'weekday' | 'day_type' | 'none';
  readonly days: number;
  readonly median_seconds: number | null;
  readonly low_seconds: number | null;
  readonly high_seconds: number | null;
}

export interface UsualWeek {
  readonly time_zone: string;
  readonly from_date: string;
  readonly to_date: string;
  readonly coverage: Coverage;
  readonly slots: readonly UsualSlot[];
}

export interface Reliability {
  readonly mean_seconds: number;
  readonly p50_seconds: number;
  readonly p80_seconds: number;
  readonly p90_seconds: number;
  readonly p95_seconds: number;
  readonly buffer_index: number;
  readonly planning_time_index: number;
  readonly travel_time_index: number;
  readonly level_of_travel_time_reliability: number;
  readonly free_flow_seconds: number;
  readonly free_flow_source: 'given' | 'learned';
}

export interface TimeOfDaySlot {
  readonly time_from: string;
  readonly days: number;
  readonly median_seconds: number | null;
  readonly p80_seconds: number | null;
  readonly p95_seconds: number | null;
}

export interface PeriodStatistics {
  readonly from_date: string;
  readonly to_date: string;
  readonly coverage: Coverage;
  readonly reliability: Reliability | null;
  readonly slots: readonly TimeOfDaySlot[];
  readonly days: readonly {
    readonly date: string;
    readonly weekday: Weekday;
    readonly slots_observed: number;
    readonly mean_seconds: number | null;
  }[];
}

export interface LinkStatistics extends PeriodStatistics {
  readonly time_zone: string;
}

export interface Comparison {
  readonly verdict: 'slower' | 'faster' | 'no_difference_shown' | 'too_few_days';
  readonly change: {
    readonly seconds: number;
    readonly lower_seconds: number;
    readonly upper_seconds: number;
    readonly percent: number;
  } | null;
  readonly days_before: number;
  readonly days_after: number;
  readonly before: PeriodStatistics;
  readonly after: PeriodStatistics;
}
