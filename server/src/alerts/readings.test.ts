import { AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { describe, expect, test } from 'vitest';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { detectorReadings } from './detector-readings.ts';
import { type LinkLook, linkReadings } from './link-readings.ts';
import type { AlertRules } from './rules.ts';

const nowMs = 1_700_000_100_000;
const minuteMs = 60_000;
const rules: AlertRules = {
  ...{ silentMinutes: 10, clockMinutes: 10, outboxEvents: 1000, drops: true, matchRatePercent: 30 },
  ...{ travelTimeSeconds: new Map([['D1:D2', 120]]), unusual: { percent: 50, seconds: 60 } },
};

function levelsOf(
  given: Parameters<typeof AgentStatus.fromPartial>[0],
  look: { readonly ageMs?: number; readonly watchedMs?: number; readonly dropsBefore?: bigint } = {},
) {
  const { ageMs = 1000, watchedMs = 60 * minuteMs, dropsBefore } = look;
  const status = AgentStatus.fromPartial({ clock: ClockState.CLOCK_STATE_SYNCHRONISED, ...given });
  const detector = { id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } } as const;
  const readings = detectorReadings({ detector, reported: { status, reportedAtMs: nowMs - ageMs } }, rules, {
    ...{ nowMs, watchingSinceMs: nowMs - watchedMs, dropsBefore: () => dropsBefore },
  });
  return Object.fromEntries(readings.map(({ cause, level }) => [cause, level]));
}

describe('a detector', () => {
  test('is silent after its minutes, and what it said before says nothing then', () => {
    expect(levelsOf({}, { ageMs: 9 * minuteMs })).toMatchObject({ detector_silent: 'good', clock_off: 'good' });
    expect(levelsOf({}, { ageMs: 10 * minuteMs })).toEqual({ detector_silent: 'bad' });
  });

  test('is not called silent for what we did not watch', () => {
    expect(levelsOf({}, { ageMs: 60 * minuteMs, watchedMs: 9 * minuteMs })).toEqual({ detector_silent: 'unknown' });
    expect(levelsOf({}, { ageMs: 60 * minuteMs, watchedMs: 10 * minuteMs })).toEqual({ detector_silent: 'bad' });
  });

  test('that has never sent a status is no alert', () => {
    const detector = { id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } } as const;
    const look = { nowMs, watchingSinceMs: 0, dropsBefore: () => 0n };
    expect(detectorReadings({ detector, reported: undefined }, rules, look)).toEqual([]);
  });

  test('has its clock, its outbox and its drops looked at', () => {
    expect(levelsOf({ clock: ClockState.CLOCK_STATE_UNSYNCHRONISED })).toMatchObject({ clock_off: 'bad' });
    for (const [inOutbox, level] of [
      [1000n, 'bad'],
      [501n, 'between'],
      [500n, 'good'],
    ] as const) {
      expect(levelsOf({ events: { inOutbox } })).toMatchObject({ outbox_growing: level });
    }
    const events = {
      dropped: [
        { reason: 'overflow', count: 5n },
        { reason: 'rejected', count: 2n },
      ],
    };
    expect(levelsOf({ events })).not.toHaveProperty('drops');
    expect(levelsOf({ events }, { dropsBefore: 6n })).toMatchObject({ drops: 'bad' });
    expect(levelsOf({ events }, { dropsBefore: 7n })).toMatchObject({ drops: 'good' });
    // A box with a new outbox counts from nothing.
    expect(levelsOf({ events }, { dropsBefore: 900n })).toMatchObject({ drops: 'good' });
  });
});

const estimate = madeUpEstimate(0).estimate;
const travelTime = estimate.travelTime ?? expect.fail();
const usual = { medianS: 100, samples: 10 };

function linkLevels(
  given: Partial<typeof estimate> & { readonly meanS?: number; readonly lowerS?: number },
  look: Partial<LinkLook> = {},
) {
  const { meanS = 100, lowerS = meanS - 5, ...other } = given;
  const timeMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const newest = {
    ...madeUpEstimate(0),
    timeMs,
    estimate: { ...estimate, travelTime: { ...travelTime, meanS, lowerS }, ...other },
  };
  const readings = linkReadings(newest, rules, { nowMs, usual, smoothedSamples: 10, ...look });
  return Object.fromEntries(readings.map(({ cause, level }) => [cause, level]));
}

describe('a link', () => {
  test.each([
    [119, 'between'],
    [120, 'bad'],
    [108, 'good'],
    [109, 'between'],
  ])('that takes %i s of 120 is %s', (meanS, level) => {
    expect(linkLevels({ meanS })).toMatchObject({ travel_time_high: level });
  });

  test('takes unusually long when that is sure, by a half and a minute', () => {
    expect(linkLevels({ meanS: 165, lowerS: 160 })).toMatchObject({ travel_time_unusual: 'bad' });
    expect(linkLevels({ meanS: 165, lowerS: 159 })).toMatchObject({ travel_time_unusual: 'between' });
    expect(linkLevels({ meanS: 142 })).toMatchObject({ travel_time_unusual: 'good' });
    const long = { medianS: 1000 };
    expect(linkLevels({ meanS: 1499, lowerS: 1499 }, { usual: long })).toMatchObject({
      travel_time_unusual: 'between',
    });
    expect(linkLevels({ meanS: 1600, lowerS: 1500 }, { usual: long })).toMatchObject({ travel_time_unusual: 'bad' });
  });

  test.each<[string, Parameters<typeof linkLevels>[0], Partial<LinkLook>]>([
    ['is of few matches', { meanS: 900, status: 'sparse' }, {}],
    ['is of before', { meanS: 900, status: 'detector_down' }, {}],
    ['is old', { meanS: 900 }, { nowMs: nowMs + 10 * minuteMs }],
  ])('whose value %s is not judged by it', (_, given, look) => {
    expect(linkLevels(given, look)).toMatchObject({ travel_time_high: 'unknown', travel_time_unusual: 'unknown' });
  });

  test('of which nobody knows what is usual is not unusual', () => {
    expect(linkLevels({ meanS: 900 }, { usual: {} })).toMatchObject({
      travel_time_unusual: 'unknown',
      match_rate_low: 'unknown',
    });
  });

  test.each([
    [2.9, 'bad'],
    [3.1, 'between'],
    [4.5, 'good'],
  ])('with %d of ten matches is %s', (smoothedSamples, level) => {
    expect(linkLevels({}, { smoothedSamples })).toMatchObject({ match_rate_low: level });
  });

  test('with few matches as a rule has no rate to fall, nor has one whose detector is down', () => {
    expect(linkLevels({}, { usual: { samples: 3 }, smoothedSamples: 0 })).toMatchObject({ match_rate_low: 'unknown' });
    expect(linkLevels({ status: 'detector_down' }, { smoothedSamples: 0 })).toMatchObject({
      match_rate_low: 'unknown',
    });
  });

  test('whose clocks are apart says so', () => {
    expect(linkLevels({ clockOffsetS: 95 })).toMatchObject({ clock_off: 'bad', travel_time_high: 'unknown' });
    expect(linkLevels({})).toMatchObject({ clock_off: 'good' });
  });
});
