import {
  type PeriodStatistics,
  UsualBasis as WireBasis,
  type Coverage as WireCoverage,
  type Period as WirePeriod,
  type Reliability as WireReliability,
  type UsualSlot as WireUsualSlot,
  Verdict as WireVerdict,
  type DayWindow as WireWindow,
} from '@tdc/shared/generated/tdc/v1/history.ts';
import type { Link } from '@tdc/shared/network.ts';
import { dateText, slotMinutes } from '../history/calendar.ts';
import type { Verdict } from '../history/comparison.ts';
import type { DayProfile } from '../history/day-profile.ts';
import { coverageOf, type DayWindow } from '../history/day-window.ts';
import { daySummaries, type Reliability, reliabilityOf, slotSummaries } from '../history/reliability.ts';
import type { UsualBasis, UsualSlot } from '../history/usual.ts';
import type { DayRange } from './history-fields.ts';

export const basisToWire = {
  weekday: WireBasis.USUAL_BASIS_WEEKDAY,
  day_type: WireBasis.USUAL_BASIS_DAY_TYPE,
  none: WireBasis.USUAL_BASIS_NONE,
} as const satisfies Record<UsualBasis, WireBasis>;

export const verdictToWire = {
  slower: WireVerdict.VERDICT_SLOWER,
  faster: WireVerdict.VERDICT_FASTER,
  no_difference_shown: WireVerdict.VERDICT_NO_DIFFERENCE_SHOWN,
  too_few_days: WireVerdict.VERDICT_TOO_FEW_DAYS,
} as const satisfies Record<Verdict, WireVerdict>;

/** Travel times are published to a tenth of a second: so are their means. */
export const tenths = (seconds: number): number => Math.round(10 * seconds) / 10;
export const thousandths = (ratio: number): number => Math.round(1000 * ratio) / 1000;

export const periodToWire = ({ fromDay, toDay }: DayRange): WirePeriod => ({
  fromDate: dateText(fromDay),
  toDate: dateText(toDay),
});

export const windowToWire = ({ weekdays, fromSlot, toSlot }: DayWindow): WireWindow => ({
  weekdays: [...weekdays],
  fromMinute: fromSlot * slotMinutes,
  toMinute: toSlot * slotMinutes,
});

export const coverageToWire = (window: DayWindow, days: readonly DayProfile[]): WireCoverage =>
  coverageOf(window, days);

function reliabilityToWire({ freeFlow, ...each }: Reliability): WireReliability {
  return {
    meanSeconds: tenths(each.meanS),
    p50Seconds: tenths(each.p50S),
    p80Seconds: tenths(each.p80S),
    p90Seconds: tenths(each.p90S),
    p95Seconds: tenths(each.p95S),
    bufferIndex: thousandths(each.bufferIndex),
    planningTimeIndex: thousandths(each.planningTimeIndex),
    travelTimeIndex: thousandths(each.travelTimeIndex),
    levelOfTravelTimeReliability: thousandths(each.lottr),
    freeFlowSeconds: tenths(freeFlow.seconds),
    freeFlowGiven: freeFlow.source === 'given',
  };
}

/** All that is known of a period. */
export function statisticsToWire(
  { freeFlowSeconds }: Pick<Link, 'freeFlowSeconds'>,
  window: DayWindow,
  range: DayRange,
  days: readonly DayProfile[],
): PeriodStatistics {
  const reliability = reliabilityOf(window, days, freeFlowSeconds);
  return {
    period: periodToWire(range),
    coverage: coverageToWire(window, days),
    reliability: reliability === undefined ? undefined : reliabilityToWire(reliability),
    slots: slotSummaries(window, days).map(({ slot, days: count, value }) => ({
      minute: slot * slotMinutes,
      days: count,
      medianSeconds: value && tenths(value.medianS),
      p80Seconds: value && tenths(value.p80S),
      p95Seconds: value && tenths(value.p95S),
    })),
    days: daySummaries(window, days).map(({ day, weekday, slotsObserved, meanS }) => ({
      date: dateText(day),
      weekday,
      slotsObserved,
      meanSeconds: meanS === undefined ? undefined : tenths(meanS),
    })),
  };
}

export const usualSlotToWire = ({ weekday, slot, basis, days, value }: UsualSlot): WireUsualSlot => ({
  weekday,
  minute: slot * slotMinutes,
  basis: basisToWire[basis],
  days,
  medianSeconds: value && tenths(value.medianS),
  lowSeconds: value && tenths(value.lowS),
  highSeconds: value && tenths(value.highS),
});
