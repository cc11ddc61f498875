import type { PublishedEstimate } from '../repository.ts';

/** The first minute of made-up estimates. */
const firstMinuteMs = 1_700_000_040_000;

/** An estimate of D1 to D2, so many minutes after the first. For tests. */
export const madeUpEstimate = (minute: number, given: Partial<PublishedEstimate> = {}): PublishedEstimate => ({
  fromDetectorId: 'D1',
  toDetectorId: 'D2',
  timeMs: firstMinuteMs + minute * 60_000,
  revision: 1,
  estimate: {
    travelTime: {
      ...{ meanS: 90.5 + minute, lowerS: 80, upperS: 100, fastS: 70.1, slowS: 130 },
      ...{ departureS: 95, freeFlowS: 60 },
    },
    samples: 5,
    status: 'live',
    ageS: 12.5,
  },
  ...given,
});
