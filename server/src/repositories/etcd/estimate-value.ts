/** Travel times of the links to a detector at a minute as JSON in etcd, by first detector; times are seconds. */
import { z } from 'zod';
import { estimateStatuses } from '../../estimation/estimate.ts';
import type { PublishedEstimate } from '../../repository.ts';
import { jsonOf } from './event-value.ts';

const estimateSchema = z.object({
  status: z.enum(estimateStatuses),
  samples: z.int().min(0).default(0),
  age: z.number().optional(),
  clock_offset: z.number().optional(),
  mean: z.number().optional(),
  lower: z.number().default(0),
  upper: z.number().default(0),
  fast: z.number().default(0),
  slow: z.number().default(0),
  departure: z.number().default(0),
  free_flow: z.number().default(0),
});
const valueSchema = z.record(z.string(), estimateSchema);
const newestSchema = z.record(z.string(), estimateSchema.extend({ time: z.int(), revision: z.int() }));

function fieldsOf({ estimate: { status, samples, ageS, clockOffsetS, travelTime } }: PublishedEstimate) {
  return {
    status,
    samples,
    age: ageS,
    clock_offset: clockOffsetS,
    mean: travelTime?.meanS,
    lower: travelTime?.lowerS,
    upper: travelTime?.upperS,
    fast: travelTime?.fastS,
    slow: travelTime?.slowS,
    departure: travelTime?.departureS,
    free_flow: travelTime?.freeFlowS,
  };
}

/** Of one minute and revision. */
export function estimatesToValue(estimates: readonly PublishedEstimate[]): string {
  return JSON.stringify(Object.fromEntries(estimates.map((each) => [each.fromDetectorId, fieldsOf(each)])));
}

/** Of any minutes. */
export function newestToValue(estimates: readonly PublishedEstimate[]): string {
  const entries = estimates.map((each) => {
    const { fromDetectorId, timeMs, revision } = each;
    return [fromDetectorId, { time: timeMs / 1000, revision, ...fieldsOf(each) }];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** Nothing for what is none, such as a slip in one written by hand. */
export function estimatesOfValue(
  at: { readonly toDetectorId: string; readonly timeMs: number; readonly revision: number },
  value: Buffer,
): readonly PublishedEstimate[] {
  const parsed = valueSchema.safeParse(jsonOf(value));
  const entries = parsed.success ? Object.entries(parsed.data) : [];
  return entries.map(([fromDetectorId, fields]) => ({ ...at, fromDetectorId, estimate: estimateOf(fields) }));
}

export function newestOfValue(toDetectorId: string, value: Buffer): readonly PublishedEstimate[] {
  const parsed = newestSchema.safeParse(jsonOf(value));
  const entries = parsed.success ? Object.entries(parsed.data) : [];
  return entries.map(([fromDetectorId, { time, revision, ...fields }]) => ({
    ...{ fromDetectorId, toDetectorId, timeMs: time * 1000, revision },
    estimate: estimateOf(fields),
  }));
}

function estimateOf(fields: z.infer<typeof estimateSchema>): PublishedEstimate['estimate'] {
  const { status, samples, age, clock_offset, mean, lower, upper, fast, slow, departure, free_flow } = fields;
  const travelTime = { lowerS: lower, upperS: upper, fastS: fast, slowS: slow };
  return {
    ...(mean === undefined
      ? {}
      : { travelTime: { meanS: mean, ...travelTime, departureS: departure, freeFlowS: free_flow } }),
    samples,
    status,
    ...(age === undefined ? {} : { ageS: age }),
    ...(clock_offset === undefined ? {} : { clockOffsetS: clock_offset }),
  };
}
