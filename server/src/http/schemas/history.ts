import { z } from 'zod';
import { weekdayNames } from '../../history/calendar.ts';
import { verdicts } from '../../history/comparison.ts';
import { usualBases } from '../../history/usual.ts';

const date = z.string().meta({ format: 'date' });
const number = (description: string) => z.number().describe(description);
const seconds = (description: string) => z.number().nullable().describe(`${description} Null without an observation.`);
const weekday = z.enum(weekdayNames);
const timeOfDay = (description: string) => z.string().describe(`${description} By the clocks of the network.`);

const timeZone = z.string().describe("The network's, such as `Europe/Berlin`.");
const coverage = z
  .object({
    days: number('Days of the period that were looked at.'),
    days_observed: number('Of them, those with an observation.'),
    slots: number('Quarters of an hour that were looked at.'),
    slots_observed: number('Of them, those that were observed.'),
  })
  .meta({
    id: 'Coverage',
    description:
      'How much of a period was observed. A quarter of an hour is where five minutes of it or more had a live travel time; all else is a gap, and counts for nothing.',
  });
const period = { from_date: date.describe('First day.'), to_date: date.describe('The day after the last.') };
const window = z
  .object({
    weekdays: z.array(weekday),
    time_from: timeOfDay('From this time of the day on.'),
    time_to: timeOfDay('Before this time.'),
  })
  .meta({ id: 'DayWindow', description: 'Which part of days is looked at.' });

const reliability = z
  .object({
    mean_seconds: number('Mean of the observations.'),
    p50_seconds: number('Median.'),
    p80_seconds: number('80th percentile.'),
    p90_seconds: number('90th percentile.'),
    p95_seconds: number('95th percentile, also called planning time.'),
    buffer_index: number('(95th percentile - mean) / mean.'),
    planning_time_index: number('95th percentile / free flow.'),
    travel_time_index: number('Mean / free flow.'),
    level_of_travel_time_reliability: number('80th / 50th percentile.'),
    free_flow_seconds: number('What it takes when nothing is in the way.'),
    free_flow_source: z
      .enum(['given', 'learned'])
      .describe('`given` with the link, or `learned`: the 15th percentile of all hours of the period.'),
  })
  .meta({ id: 'Reliability', description: 'How travel times are spread over the observations of a period.' });

const statistics = {
  ...period,
  coverage,
  reliability: reliability.nullable().describe('Null where nothing was observed.'),
  slots: z
    .array(
      z.object({
        time_from: timeOfDay('Where the quarter of an hour begins.'),
        days: number('Days on which it was observed.'),
        median_seconds: seconds('Over these days.'),
        p80_seconds: seconds('80th percentile.'),
        p95_seconds: seconds('95th percentile.'),
      }),
    )
    .describe('By time of day.'),
  days: z
    .array(
      z.object({
        ...{ date, weekday },
        slots_observed: number('Quarters of an hour that were observed.'),
        mean_seconds: seconds('Mean of them.'),
      }),
    )
    .describe('By date.'),
};

export const linkStatistics = z
  .object({ time_zone: timeZone, window, ...statistics })
  .meta({ id: 'LinkStatistics', description: 'How the travel times of a link were spread in a period.' });

const periodStatistics = z
  .object(statistics)
  .meta({ id: 'PeriodStatistics', description: 'What was observed in a period.' });

export const usualWeek = z
  .object({
    time_zone: timeZone,
    ...period,
    coverage,
    slots: z
      .array(
        z.object({
          weekday,
          time_from: timeOfDay('Where the quarter of an hour begins.'),
          basis: z
            .enum(usualBases)
            .describe(
              'What it is learned from. `weekday`: four of these weekdays or more. `day_type`: days from Monday to Friday, or of the weekend. `none`: too few of both.',
            ),
          days: number('Days on which it was observed.'),
          median_seconds: seconds('What is usual.'),
          low_seconds: seconds('One day in five was below.'),
          high_seconds: seconds('One day in five was above.'),
        }),
      )
      .describe('By weekday and time of day, 672.'),
  })
  .meta({ id: 'UsualWeek', description: 'What is usual for a link, by weekday and time of day.' });

export const comparison = z
  .object({
    time_zone: timeZone,
    window,
    verdict: z
      .enum(verdicts)
      .describe(
        'What is shown. `no_difference_shown`: the interval holds zero; so few days may not show a smaller one. `too_few_days`: fewer than five of a period count.',
      ),
    change: z
      .object({
        seconds: number(
          'By how much it takes longer after: the median of all differences between a day after and a day before.',
        ),
        lower_seconds: number('Lower end of its 95 % confidence interval.'),
        upper_seconds: number('Its upper end.'),
        percent: number('The same in per cent of the median before.'),
      })
      .nullable()
      .describe('Null with too few days.'),
    days_before: number('Days before that count: half of the compared quarters or more were observed.'),
    days_after: number('Days after that count.'),
    slots_compared: number(
      'Quarters of an hour that were observed on three days or more of each period, those of weekends apart.',
    ),
    day_correlation: number('Of a day with the day before it: the interval is widened by it.'),
    before: periodStatistics,
    after: periodStatistics,
  })
  .meta({ id: 'Comparison', description: 'By how much a link is slower or faster in one period than in another.' });
