import type { AlertCause } from './alert.ts';

/** What is the matter with a subject, in words that follow its name. */
export const causeText: Readonly<Record<AlertCause, string>> = {
  detector_silent: 'is silent',
  clock_off: 'has a clock that is off',
  outbox_growing: 'has a growing outbox',
  drops: 'drops events',
  match_rate_low: 'has few matches',
  travel_time_high: 'takes too long',
  travel_time_unusual: 'takes unusually long',
};
