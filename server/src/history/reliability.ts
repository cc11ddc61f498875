import { mean, quantile } from '../estimation/estimators/quantile.ts';
import { weekdayOf } from './calendar.ts';
import type { DayProfile } from './day-profile.ts';
import { type DayWindow, daysIn, observedSlots } from './day-window.ts';

/** What nothing in the way takes: as the link's configuration says, or learned. */
export interface FreeFlow {
  readonly seconds: number;
  readonly source: 'given' | 'learned';
}

/** How travel times of a period are spread, over slots and days, and the measures that are made of that. */
export interface Reliability {
  readonly meanS: number;
  readonly p50S: number;
  readonly p80S: number;
  readonly p90S: number;
  /** Also called the planning time. */
  readonly p95S: number;
  /** What to add to the mean to be late on one day of twenty, as a part of the mean. */
  readonly bufferIndex: number;
  /** How many times free flow to plan for, to be late on one day of twenty. */
  readonly planningTimeIndex: number;
  /** Mean over free flow. */
  readonly travelTimeIndex: number;
  /** Level of travel time reliability: 80th over 50th percentile. */
  readonly lottr: number;
  readonly freeFlow: FreeFlow;
}

/** Without a given one: one slot in seven is faster. The counterpart of the 85th percentile of speed. */
const freeFlowPart = 0.15;

/** Undefined where nothing was observed. */
export function reliabilityOf(
  window: DayWindow,
  days: readonly DayProfile[],
  givenFreeFlowS: number | undefined,
): Reliability | undefined {
  const open = daysIn(window, days);
  const values = open.flatMap((day) => observedSlots(window, day).map(({ seconds }) => seconds));
  const rising = new Float64Array(values).sort();
  if (rising.length === 0) return undefined;
  const freeFlow = freeFlowOf(days, givenFreeFlowS);
  const meanS = mean(values);
  const [p50S, p80S] = [quantile(rising, 0.5), quantile(rising, 0.8)];
  const [p90S, p95S] = [quantile(rising, 0.9), quantile(rising, 0.95)];
  return {
    ...{ meanS, p50S, p80S, p90S, p95S },
    bufferIndex: (p95S - meanS) / meanS,
    planningTimeIndex: p95S / freeFlow.seconds,
    travelTimeIndex: meanS / freeFlow.seconds,
    lottr: p80S / p50S,
    freeFlow,
  };
}

/** Learned from all hours of the period, whichever are looked at. */
function freeFlowOf(days: readonly DayProfile[], givenS: number | undefined): FreeFlow {
  if (givenS !== undefined) return { seconds: givenS, source: 'given' };
  const all = days.flatMap(({ seconds }) => [...seconds].filter((each) => !Number.isNaN(each)));
  return { seconds: quantile(new Float64Array(all).sort(), freeFlowPart), source: 'learned' };
}

/** A slot over the days of a period. */
export interface SlotSummary {
  readonly slot: number;
  /** Days that were observed. */
  readonly days: number;
  /** Absent without any. */
  readonly value?: { readonly medianS: number; readonly p80S: number; readonly p95S: number };
}

export function slotSummaries(window: DayWindow, days: readonly DayProfile[]): readonly SlotSummary[] {
  const open = daysIn(window, days);
  return Array.from({ length: window.toSlot - window.fromSlot }, (_, index) => {
    const slot = window.fromSlot + index;
    const values = open.map(({ seconds }) => seconds[slot] ?? Number.NaN).filter((each) => !Number.isNaN(each));
    if (values.length === 0) return { slot, days: 0 };
    const rising = new Float64Array(values).sort();
    const value = { medianS: quantile(rising, 0.5), p80S: quantile(rising, 0.8), p95S: quantile(rising, 0.95) };
    return { slot, days: values.length, value };
  });
}

/** A day of a period. */
export interface DaySummary {
  readonly day: number;
  readonly weekday: number;
  readonly slotsObserved: number;
  /** Of its observed slots; absent without any. */
  readonly meanS?: number;
}

export function daySummaries(window: DayWindow, days: readonly DayProfile[]): readonly DaySummary[] {
  return daysIn(window, days).map((profile) => {
    const observed = observedSlots(window, profile).map(({ seconds }) => seconds);
    const { day } = profile;
    return {
      ...{ day, weekday: weekdayOf(day), slotsObserved: observed.length },
      ...(observed.length === 0 ? {} : { meanS: mean(observed) }),
    };
  });
}
