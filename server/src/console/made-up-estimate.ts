import type { Estimate } from './browser/api-types.ts';

/** An estimate for tests: of A to B, live and half as long again as on a free road, where nothing else is given. */
export const madeUpEstimate = (given: Partial<Estimate> = {}): Estimate => ({
  ...{ from_detector_id: 'A', to_detector_id: 'B', time: '2026-03-01T08:00:00.000Z', revision: 1, status: 'live' },
  ...{ mean_seconds: 150, lower_seconds: 140, upper_seconds: 160, fast_seconds: 120, slow_seconds: 180 },
  ...{ departure_seconds: 155, free_flow_seconds: 100, delay_seconds: 50 },
  ...{ samples: 12, age_seconds: 20, clock_offset_seconds: null },
  ...given,
});
