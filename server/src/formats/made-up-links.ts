/** For tests: links with names that nobody should believe, and every state that an estimate can be in. */
import type { Detector, Link } from '@tdc/shared/network.ts';
import type { EstimateStatus } from '../estimation/estimate.ts';
import { estimateToWire } from '../query/estimate-wire.ts';
import { estimateRecord } from '../records/estimate-record.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import type { PublishedEstimate } from '../repository.ts';

export const hostileNames = {
  quotes: `"quoted", 'single' and, commas`,
  lines: 'two\r\nlines\tand a tab',
  script: '<script>alert(1)</script> & ]]> <!-- -->',
  formula: "=cmd|' /C calc'!A0",
  emoji: 'Straße 🚦 東京 \u202Eright to left',
} as const;

export const madeUpDetectors: readonly Detector[] = [
  { id: 'D1', name: hostileNames.quotes, position: { type: 'geo', latitude: 52.5614, longitude: 13.3637 } },
  { id: 'D2', name: hostileNames.lines, position: { type: 'geo', latitude: 52.5483, longitude: 13.3712 } },
  { id: 'D3', name: hostileNames.script, position: { type: 'geo', latitude: -18.1, longitude: 179.9 } },
  { id: 'D4', name: hostileNames.formula, position: { type: 'geo', latitude: -18.3, longitude: -179.7 } },
  { id: 'M1', name: hostileNames.emoji, position: { type: 'plane', xM: 0, yM: 250 } },
];

export const madeUpLinks: readonly Link[] = [
  { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, lengthM: 1609.344 },
  { fromDetectorId: 'D2', toDetectorId: 'D1', maxSeconds: 600, freeFlowSeconds: 61.5 },
  { fromDetectorId: 'D2', toDetectorId: 'D3', maxSeconds: 600 },
  { fromDetectorId: 'D3', toDetectorId: 'D4', maxSeconds: 600, estimator: 'mad' },
  { fromDetectorId: 'D4', toDetectorId: 'M1', maxSeconds: 600 },
  { fromDetectorId: 'M1', toDetectorId: 'D1', maxSeconds: 600 },
];

const withStatus = (status: EstimateStatus, ageS: number): PublishedEstimate['estimate'] => ({
  ...madeUpEstimate(0).estimate,
  ...{ status, ageS },
});

/** The newest of each link but the last, all of minute 0. */
export const madeUpNewest: readonly PublishedEstimate[] = [
  madeUpEstimate(0),
  madeUpEstimate(0, { fromDetectorId: 'D2', toDetectorId: 'D1', estimate: { samples: 0, status: 'no_data' } }),
  madeUpEstimate(0, { fromDetectorId: 'D2', toDetectorId: 'D3', estimate: withStatus('stale', 1200) }),
  madeUpEstimate(0, { fromDetectorId: 'D3', toDetectorId: 'D4', estimate: withStatus('detector_down', 300) }),
  madeUpEstimate(0, {
    ...{ fromDetectorId: 'D4', toDetectorId: 'M1' },
    estimate: { samples: 0, status: 'no_data', clockOffsetS: -75.2 },
  }),
];

export const madeUpMinuteMs = madeUpEstimate(0).timeMs;

export const recordOf = (published: PublishedEstimate) => estimateRecord(estimateToWire(published));
