import type {
  ComparePeriodsResponse,
  Coverage,
  DayWindow,
  GetStatisticsResponse,
  GetUsualResponse,
  PeriodStatistics,
  Reliability,
  UsualBasis,
  Verdict,
} from '@tdc/shared/generated/tdc/v1/history.ts';
import { slotMinutes, slotText, type WeekdayName, weekdayNames } from '../history/calendar.ts';
import { basisToWire, verdictToWire } from '../query/history-wire.ts';

const basisNames = new Map<UsualBasis, keyof typeof basisToWire>(
  Object.entries(basisToWire).map(([name, wire]) => [wire, name as keyof typeof basisToWire]),
);
const verdictNames = new Map<Verdict, keyof typeof verdictToWire>(
  Object.entries(verdictToWire).map(([name, wire]) => [wire, name as keyof typeof verdictToWire]),
);

/** What a newer server says and this client does not know is no basis. */
export const basisName = (basis: UsualBasis): keyof typeof basisToWire => basisNames.get(basis) ?? 'none';
export const verdictName = (verdict: Verdict): keyof typeof verdictToWire =>
  verdictNames.get(verdict) ?? 'too_few_days';
export const weekdayName = (weekday: number): WeekdayName => weekdayNames[weekday - 1] ?? 'mon';
/** Of a minute of the day: `07:15`. */
export const timeOfDay = (minute: number): string => slotText(minute / slotMinutes);

const periodRecord = (period: PeriodStatistics['period']) => ({
  from_date: period?.fromDate ?? '',
  to_date: period?.toDate ?? '',
});

const windowRecord = (window: DayWindow | undefined) => ({
  weekdays: (window?.weekdays ?? []).map(weekdayName),
  time_from: timeOfDay(window?.fromMinute ?? 0),
  time_to: timeOfDay(window?.toMinute ?? 0),
});

const coverageRecord = (coverage: Coverage | undefined) => ({
  days: coverage?.days ?? 0,
  days_observed: coverage?.daysObserved ?? 0,
  slots: coverage?.slots ?? 0,
  slots_observed: coverage?.slotsObserved ?? 0,
});

export const reliabilityRecord = (reliability: Reliability) => ({
  mean_seconds: reliability.meanSeconds,
  p50_seconds: reliability.p50Seconds,
  p80_seconds: reliability.p80Seconds,
  p90_seconds: reliability.p90Seconds,
  p95_seconds: reliability.p95Seconds,
  buffer_index: reliability.bufferIndex,
  planning_time_index: reliability.planningTimeIndex,
  travel_time_index: reliability.travelTimeIndex,
  level_of_travel_time_reliability: reliability.levelOfTravelTimeReliability,
  free_flow_seconds: reliability.freeFlowSeconds,
  free_flow_source: reliability.freeFlowGiven ? ('given' as const) : ('learned' as const),
});

/** Of a week, for programs. */
export const usualRecord = ({ timeZone, period, coverage, slots }: GetUsualResponse) => ({
  time_zone: timeZone,
  ...periodRecord(period),
  coverage: coverageRecord(coverage),
  slots: slots.map(({ weekday, minute, basis, days, medianSeconds, lowSeconds, highSeconds }) => ({
    weekday: weekdayName(weekday),
    time_from: timeOfDay(minute),
    basis: basisName(basis),
    days,
    median_seconds: medianSeconds ?? null,
    low_seconds: lowSeconds ?? null,
    high_seconds: highSeconds ?? null,
  })),
});

const periodStatisticsRecord = ({ period, coverage, reliability, slots, days }: PeriodStatistics) => ({
  ...periodRecord(period),
  coverage: coverageRecord(coverage),
  reliability: reliability === undefined ? null : reliabilityRecord(reliability),
  slots: slots.map((slot) => ({
    time_from: timeOfDay(slot.minute),
    days: slot.days,
    median_seconds: slot.medianSeconds ?? null,
    p80_seconds: slot.p80Seconds ?? null,
    p95_seconds: slot.p95Seconds ?? null,
  })),
  days: days.map(({ date, weekday, slotsObserved, meanSeconds }) => ({
    ...{ date, weekday: weekdayName(weekday), slots_observed: slotsObserved },
    mean_seconds: meanSeconds ?? null,
  })),
});

const noStatistics: PeriodStatistics = {
  period: undefined,
  coverage: undefined,
  reliability: undefined,
  slots: [],
  days: [],
};

/** Of a period, for programs. */
export const statisticsRecord = ({ timeZone, window, statistics }: GetStatisticsResponse) => ({
  time_zone: timeZone,
  window: windowRecord(window),
  ...periodStatisticsRecord(statistics ?? noStatistics),
});

/** Of two periods, for programs. */
export const comparisonRecord = (response: ComparePeriodsResponse) => ({
  time_zone: response.timeZone,
  window: windowRecord(response.window),
  verdict: verdictName(response.verdict),
  change:
    response.change === undefined
      ? null
      : {
          seconds: response.change.seconds,
          lower_seconds: response.change.lowerSeconds,
          upper_seconds: response.change.upperSeconds,
          percent: response.change.percent,
        },
  days_before: response.daysBefore,
  days_after: response.daysAfter,
  slots_compared: response.slotsCompared,
  day_correlation: response.dayCorrelation,
  before: periodStatisticsRecord(response.before ?? noStatistics),
  after: periodStatisticsRecord(response.after ?? noStatistics),
});
