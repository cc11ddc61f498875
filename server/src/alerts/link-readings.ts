import { observedOf } from '../history/day-profile.ts';
import { linkName } from '../query/link-ends.ts';
import type { PublishedEstimate } from '../repository.ts';
import { levelOf, type Reading } from './reading.ts';
import type { AlertRules } from './rules.ts';

/** Part of a limit below which a value is well again: what wobbles between is neither. */
const goodPart = 0.9;
/** The same of what is beyond the usual. */
const unusualGoodPart = 0.7;
/** A rate is well again at so many times the limit. */
const rateGoodFactor = 1.5;
/** Fewer matches in five minutes than this, as a rule, are no rate to fall. */
const usualSamplesMin = 4;
/** An estimate that is older says nothing of now. */
const newestAgeMsMax = 5 * 60_000;

/** What a link takes, and how many matches it has, at this hour on this weekday; absent where nobody knows. */
export interface UsualNow {
  readonly medianS?: number;
  readonly samples?: number;
}

export interface LinkLook {
  readonly nowMs: number;
  /** Undefined: not looked up yet. */
  readonly usual: UsualNow | undefined;
  /** Matches in five minutes over the last while. */
  readonly smoothedSamples: number | undefined;
}

export const subjectOf = (ends: Pick<PublishedEstimate, 'fromDetectorId' | 'toDetectorId'>): string =>
  linkName(ends).replace(' ', ':');

/** What the newest estimate of a link says. */
export function linkReadings(newest: PublishedEstimate, rules: AlertRules, look: LinkLook): readonly Reading[] {
  const subject = subjectOf(newest);
  const isNow = look.nowMs - newest.timeMs <= newestAgeMsMax;
  const { clockOffsetS } = newest.estimate;
  const readings: Reading[] = [];
  if (rules.clockMinutes !== undefined) {
    const detail =
      clockOffsetS === undefined ? 'its clocks agree' : `its clocks are ${Math.round(clockOffsetS)} s apart`;
    const level = !isNow ? 'unknown' : clockOffsetS === undefined ? 'good' : 'bad';
    readings.push({ cause: 'clock_off', subject, level, detail });
  }
  readings.push(...timeReadings(newest, isNow, rules, look));
  if (rules.matchRatePercent !== undefined) readings.push(rateReading(newest, isNow, rules.matchRatePercent, look));
  return readings;
}

function timeReadings(
  newest: PublishedEstimate,
  isNow: boolean,
  rules: AlertRules,
  look: LinkLook,
): readonly Reading[] {
  const subject = subjectOf(newest);
  const travelTime = isNow ? observedOf(newest.estimate) : undefined;
  const took = travelTime === undefined ? 'nothing live' : `${Math.round(travelTime.meanS)} s`;
  const readings: Reading[] = [];
  const limitS = rules.travelTimeSeconds.get(subject);
  if (limitS !== undefined) {
    const level = travelTime === undefined ? 'unknown' : levelOf(travelTime.meanS, limitS * goodPart, limitS);
    readings.push({ cause: 'travel_time_high', subject, level, detail: `${took}; the limit is ${limitS} s` });
  }
  if (rules.unusual !== undefined) {
    const medianS = look.usual?.medianS;
    const beyondS = Math.max(rules.unusual.seconds, ((medianS ?? 0) * rules.unusual.percent) / 100);
    const isKnown = travelTime !== undefined && medianS !== undefined;
    // That it is beyond must be sure; that it is well again is what it looks like.
    const isBad = isKnown && travelTime.lowerS >= medianS + beyondS;
    const isGood = isKnown && travelTime.meanS <= medianS + unusualGoodPart * beyondS;
    const level = !isKnown ? 'unknown' : isBad ? 'bad' : isGood ? 'good' : 'between';
    const usual = medianS === undefined ? 'what is usual is not known' : `usual now are ${Math.round(medianS)} s`;
    readings.push({ cause: 'travel_time_unusual', subject, level, detail: `${took}; ${usual}` });
  }
  return readings;
}

function rateReading(newest: PublishedEstimate, isNow: boolean, percent: number, look: LinkLook): Reading {
  const subject = subjectOf(newest);
  const usual = look.usual?.samples;
  const samples = look.smoothedSamples;
  const detail = `${samples?.toFixed(1) ?? 'no'} matches in five minutes; usual now are ${usual?.toFixed(1) ?? 'not known'}`;
  // A detector that is down is an alert of its own.
  if (
    !isNow ||
    samples === undefined ||
    usual === undefined ||
    usual < usualSamplesMin ||
    newest.estimate.status === 'detector_down'
  ) {
    return { cause: 'match_rate_low', subject, level: 'unknown', detail };
  }
  const limit = (usual * percent) / 100;
  const level = samples < limit ? 'bad' : samples >= Math.min(usual, rateGoodFactor * limit) ? 'good' : 'between';
  return { cause: 'match_rate_low', subject, level, detail };
}
