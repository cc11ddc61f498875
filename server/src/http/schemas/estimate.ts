import { estimatorNames } from '@tdc/shared/network.ts';
import { z } from 'zod';
import { estimateStatuses } from '../../estimation/estimate.ts';
import { byLinkName } from '../../query/link-ends.ts';
import { matchReasons } from '../../records/match-record.ts';
import { detectorId, linkEndsOf, linkParameter, severalOf, time } from './fields.ts';

export const estimateStatus = z
  .enum(estimateStatuses)
  .describe(
    'How much is behind a value. `stale`: the last match is old. `no_data`: there is no value. `detector_down`: a detector gives no sign of life; a value is of before.',
  );

const seconds = (description: string) => z.number().nullable().describe(`${description} Null where there is no value.`);
export const travelTimeSeconds = {
  mean_seconds: seconds('Mean of the drivers who arrived in the five minutes before.'),
  lower_seconds: seconds('Lower end of the 90 % confidence interval of that mean.'),
  upper_seconds: seconds('Its upper end.'),
  fast_seconds: seconds('One driver in ten is faster.'),
  slow_seconds: seconds('One driver in ten is slower.'),
  departure_seconds: seconds('What a driver who starts now is to expect.'),
  free_flow_seconds: seconds('What it takes when nothing is in the way.'),
  delay_seconds: seconds('What the mean is above that.'),
};

export const estimate = z
  .object({
    from_detector_id: detectorId,
    to_detector_id: detectorId,
    time: time.describe('The minute.'),
    revision: z.number().describe('From 1; rises when late events change what was published of a minute.'),
    status: estimateStatus,
    ...travelTimeSeconds,
    samples: z.number().describe('Matches in the window.'),
    age_seconds: z
      .number()
      .nullable()
      .describe('Since the last match arrived, at that minute; null when none is known.'),
    clock_offset_seconds: z
      .number()
      .nullable()
      .describe('By how much the clocks of the link differ, where one is wrong: there is no value then.'),
  })
  .meta({ id: 'Estimate', description: 'The published travel time of a link at a minute.' });

export const match = z
  .object({
    departed: time.describe('When it passed the first detector.'),
    arrived: time.describe('When it passed the last.'),
    travel_seconds: z.number(),
    rotating: z.boolean().describe('The address is one that changes every quarter of an hour.'),
    weight: z.number().describe('How much it counted, from 0 to 1.'),
    reason: z
      .enum(matchReasons)
      .describe('`used`, or why not: several devices of one vehicle, an unlikely match, a journey unlike the others.'),
  })
  .meta({ id: 'Match', description: "One device's journey on a link." });

export const peer = z
  .object({
    estimator: z.enum(estimatorNames).describe('Of which it is.'),
    minutes: z.array(
      z.object({
        time: time.describe('The minute.'),
        status: estimateStatus,
        samples: z.number().describe('Matches that it made the value of.'),
        mean_seconds: travelTimeSeconds.mean_seconds,
        lower_seconds: travelTimeSeconds.lower_seconds,
        upper_seconds: travelTimeSeconds.upper_seconds,
      }),
    ),
  })
  .meta({ id: 'Peer', description: 'What an estimator would have published of a link, had it been in use.' });

/** Which estimates. */
export const estimateParameters = {
  links: severalOf(linkParameter, 'Estimates of these links.'),
  revisions: z
    .enum(['last', 'all'])
    .optional()
    .describe('`last`, by default: what counts now. `all`: also what was published of a minute before.'),
};

/** Each once, by name, rising. */
export const linksOf = (texts: readonly string[]) => [...new Set(texts)].map(linkEndsOf).sort(byLinkName);
