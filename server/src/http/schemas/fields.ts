import { isTimeZone, timeZoneExpected } from '@tdc/shared/wall-clock.ts';
import { detectorIdExpected, detectorIdPattern } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import { invalid } from '../../query/filter.ts';
import { type PageQuery, pageSizeDefault, pageSizeMax, type TimeRange } from '../../query/list-fields.ts';
import { isoTime } from '../../records/iso-time.ts';
import type { Repository } from '../../repository.ts';

/** Of a query that names several. */
const namesMax = 100;
const pageTokenLengthMax = 1000;
/** Of lists that are answered whole: others are served between two pages. */
const wholePageSize = 500;

/** A parameter that may come once, several times or not at all. */
export const severalOf = <Schema extends z.ZodType>(schema: Schema, description: string, max = namesMax) =>
  z
    .preprocess(
      (value) => (value === undefined || Array.isArray(value) ? (value ?? []) : [value]),
      z.array(schema).max(max, `expected at most ${max}`),
    )
    .optional()
    .transform((values) => values ?? [])
    .describe(`${description} May come up to ${max} times; without it there is no restriction.`);

export const detectorId = z
  .string()
  .regex(detectorIdPattern, `expected ${detectorIdExpected}`)
  .describe('Id of a detector.');

const end = detectorIdPattern.source.slice('^'.length, -'$'.length);
const linkPattern = new RegExp(`^${end}:${end}$`);
export const linkParameter = z
  .string()
  .regex(linkPattern, 'expected the ends of a link, such as D1:D2')
  .describe('A link by its ends, such as `D1:D2`.');

export function linkEndsOf(text: string) {
  const [fromDetectorId = '', toDetectorId = ''] = text.split(':');
  return { fromDetectorId, toDetectorId };
}

const timeExpected = 'expected ISO 8601 with an offset and since 1970, such as 2026-03-01T08:00:00Z';
export const timeParameter = z.iso
  .datetime({ offset: true, error: timeExpected, abort: true })
  .refine((text) => Date.parse(text) >= 0, timeExpected)
  .describe('ISO 8601 with an offset, since 1970; write `+` as `%2B`.');

export const timeZoneParameter = z
  .string()
  .refine(isTimeZone, timeZoneExpected)
  .optional()
  .transform((name) => name ?? 'UTC')
  .describe('Whose clock on the wall tells the times, such as `Europe/Berlin`. UTC by default.');

/** What answers say of a moment. */
export const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC.' });

/** Digits and nothing else: Number() takes more, and an empty text for 0. */
export const wholeNumberParameter = (min: number, max: number, byDefault: number, description: string) =>
  z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
      z.number(`expected a number from ${min} to ${max}`).int().min(min).max(max),
    )
    .optional()
    .transform((value) => value ?? byDefault)
    .describe(`${description} ${byDefault} by default.`);

/** Which part of a list, and in what order. */
export const rangeParameters = {
  from: timeParameter.optional().describe('Not before this time.'),
  to: timeParameter.optional().describe('Before this time.'),
  order: z.enum(['oldest-first', 'newest-first']).optional().describe('`oldest-first` by default.'),
};

/** What every list takes. */
export const pageParameters = {
  ...rangeParameters,
  page_size: wholeNumberParameter(1, pageSizeMax, pageSizeDefault, 'Entries of a page at most.'),
  page_token: z
    .string()
    .min(1, 'expected the next_page_token of an earlier answer')
    .max(pageTokenLengthMax, 'expected the next_page_token of an earlier answer')
    .optional()
    .describe('`next_page_token` of the page before, with the same parameters besides.'),
};

interface RangeParameters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly order?: PageQuery['order'] | undefined;
}

interface PageParameters extends RangeParameters {
  readonly page_size: number;
  readonly page_token?: string | undefined;
}

/** Throws InvalidInputError for a time range that is none. */
export const pageQueryOf = ({ from, to, order, page_size, page_token }: PageParameters): PageQuery => ({
  range: rangeOf(from, to),
  order: order ?? 'oldest-first',
  pageSize: page_size,
  pageToken: page_token ?? '',
});

/** Of lists that are answered whole. Throws InvalidInputError for a time range that is none. */
export const wholeQueryOf = ({ from, to, order }: RangeParameters) => ({
  range: rangeOf(from, to),
  order: order ?? ('oldest-first' as const),
  pageSize: wholePageSize,
});

export function rangeOf(from: string | undefined, to: string | undefined): TimeRange {
  const fromMs = from === undefined ? 0 : Date.parse(from);
  const toMs = to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to);
  if (fromMs > toMs) throw invalid('to', `expected a time not before from, ${from}`);
  return { fromMs, toMs };
}

/** What every page of a list says besides. */
export const pageFields = {
  next_page_token: z.string().nullable().describe('For the next page; null when nothing is left.'),
};

/** What every answer from the repository says besides. */
export const staleFields = {
  stale_since: time
    .nullable()
    .describe(
      'Since when answers may miss what was committed, as the repository has lost its majority; null while they are current.',
    ),
};

/** What a repository says of that. */
export const staleness = (repository: Pick<Repository, 'staleSinceMs'>) => ({
  stale_since: timeOrNull(repository.staleSinceMs()),
});

export const timeOrNull = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : isoTime(timeMs);
